"""Where archives lie: in the `artifacts` storage, a folder for each study."""

from contextlib import suppress
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import storages

from ...models import Study


def store_archive(study_id: int, path: Path, sha256: str) -> str:
    """Its name there, which no other one has: whoever stored it may delete it again.

    Raises OSError, with nothing left there.
    """
    storage = storages["artifacts"]
    name = storage.get_available_name(f"{_folder(study_id)}/{sha256}.zip")
    try:
        with path.open("rb") as file:
            return storage.save(name, File(file))
    except OSError:
        with suppress(OSError):  # a bucket that is away cannot be tidied up either
            storage.delete(name)
        raise


def forget_archives(study: Study) -> None:
    """Deletes all of a study, those too that a worker stored and died before it could say so."""
    storage, folder = storages["artifacts"], _folder(study.pk)
    try:
        _folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        storage.delete(f"{folder}/{name}")
    storage.delete(folder)


def _folder(study_id: int) -> str:
    return f"datasets/{study_id}"
