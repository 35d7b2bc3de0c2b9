"""Where an import's files are: on a disk of ours, which is written and read directly, or elsewhere.

Django's storage looks each name up several times, resolves it and locks the file
(docs/decisions/007).
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages

from workbench.core.files import sha256_of


class Place(Protocol):
    """Files by the names that the default storage knows them by. Safe to use from several
    threads."""

    def exists(self, name: str) -> bool: ...

    def holds(self, name: str, data: bytes) -> bool:
        """Whether the file is there as it was written, as far as can be told without fetching
        it."""
        ...

    def intact(self, name: str) -> bool:
        """As `holds`, of a file under the name of its content."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """A file that is not there yet. Raises OSError."""
        ...

    def names(self, folder: str) -> tuple[list[str], list[str]]:
        """The folders and the files in it; nothing of a folder that does not exist."""
        ...

    def sync(self) -> None:
        """Have what was written on the disk."""
        ...


class Disk:
    """A disk of ours: files are read to see whether they are as they were written."""

    def __init__(self, storage: FileSystemStorage) -> None:
        self._root = Path(storage.path(""))
        self._mode = storage.file_permissions_mode

    def exists(self, name: str) -> bool:
        return (self._root / name).exists()

    def holds(self, name: str, data: bytes) -> bool:
        path = self._root / name
        return path.exists() and path.read_bytes() == data

    def intact(self, name: str) -> bool:
        path = self._root / name
        return path.exists() and sha256_of(path) == path.stem

    def write(self, name: str, data: bytes) -> None:
        """Under a name of its own first: an import that has lost its lock may be writing the same
        file, and neither is to meet half of the other's."""
        path = self._root / name
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            file = unfinished.open("xb", buffering=0)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = unfinished.open("xb", buffering=0)
        try:
            with file:
                if self._mode is not None:
                    os.fchmod(file.fileno(), self._mode)
                left = memoryview(data)
                while left:
                    left = left[file.write(left) :]
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    def names(self, folder: str) -> tuple[list[str], list[str]]:
        found: tuple[list[str], list[str]] = ([], [])
        with suppress(FileNotFoundError), os.scandir(self._root / folder) as entries:
            for entry in entries:
                found[entry.is_file()].append(entry.name)
        return found

    def sync(self) -> None:
        os.sync()


class Elsewhere:
    """A bucket: the sizes of its files have to do."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def exists(self, name: str) -> bool:
        return self._storage.exists(name)

    def holds(self, name: str, data: bytes) -> bool:
        return self.exists(name) and self._storage.size(name) == len(data)

    def intact(self, name: str) -> bool:
        return self.exists(name)

    def write(self, name: str, data: bytes) -> None:
        self._storage.save(name, ContentFile(data))

    def names(self, folder: str) -> tuple[list[str], list[str]]:
        return self._storage.listdir(folder)

    def sync(self) -> None:
        """What it has taken, it keeps."""


def place_of_images() -> Place:
    """Where the default storage keeps its files."""
    storage = storages["default"]
    return Disk(storage) if isinstance(storage, FileSystemStorage) else Elsewhere(storage)
