"""Which files commands may write."""

from pathlib import Path

from django.core.management.base import CommandError


def check_target(path: Path) -> None:
    """Before a file is put there under its name, in place of what has that name now.

    Raises CommandError if that is no file: a device such as /dev/null would be gone for everybody.
    """
    try:
        if path.is_dir():
            raise CommandError(f"{path} is a folder; give the file to write in it")
        if path.exists() and not path.is_file():
            raise CommandError(f"{path} is a device or a pipe; give a file to write")
        folder = path.resolve().parent
        if not folder.is_dir():
            raise CommandError(
                f"{path} cannot be written: there is no folder {folder}; make it, or choose "
                "another place"
            )
    except (OSError, RuntimeError) as error:  # no permission to look; links in a circle
        raise CommandError(f"{path} cannot be written: {error}; choose another place") from error
