"""What can go wrong with a private server, each with its fix in the message."""

from pathlib import Path

from ..core.errors import MintError


class LocalServerError(MintError):
    """A private server could not be started or kept."""

    code = "local-server"


class ProgramMissingError(LocalServerError):
    """The server's program is not installed."""


class FolderError(LocalServerError):
    """The data folder cannot be used."""


class DiskFullError(LocalServerError):
    """There is no room for the data."""


class DataVersionError(LocalServerError):
    """The data was written by another major version."""


class AlreadyRunningError(LocalServerError):
    """Another process runs a server on the same folder."""


class PortTakenError(LocalServerError):
    """Something else listens on the port."""


def explain_failure(name: str, output: str, folder: Path) -> LocalServerError:
    """The error that a server's own last words amount to; unknown words are passed on."""
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return DiskFullError(
            f"{name}: no space left on the disk of {folder}; free some space there, "
            "or set MINT_DATA_DIR to a folder on another disk, and start again"
        )
    if "Read-only file system" in output or "Permission denied" in output:
        return FolderError(
            f"{name}: cannot write to {folder}; make the folder writable, "
            f"or set MINT_DATA_DIR to another one\n{output}"
        )
    if "Cannot allocate memory" in output or "could not map anonymous shared memory" in output:
        return LocalServerError(f"{name}: not enough free memory; it needs about 256 MiB\n{output}")
    return LocalServerError(f"{name} ended while starting; it said:\n{output or '(nothing)'}")
