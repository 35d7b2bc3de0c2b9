"""A sealed archive: a ZIP file with the SHA-256 of each of its files. Pure: no Django.

The same files give the same archive to the byte: entries have one date, and come as they are added.
"""

import hashlib
import zipfile
from collections.abc import Iterable
from types import TracebackType
from typing import IO, Self

from .facts import StoredFile

SUMS = "SHA256SUMS"
#: The earliest date that the format has.
_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644 << 16
#: Endings of what is compressed already.
_PACKED = (".parquet", ".png", ".jpg", ".jpeg", ".webp", ".gif")


class Archive:
    """Writes into an open file; `seal` comes last."""

    def __init__(self, target: IO[bytes], folder: str) -> None:
        """folder: in which all entries lie."""
        self._zip = zipfile.ZipFile(target, "w")
        self._folder = folder
        self.files: list[StoredFile] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def add(self, path: str, pieces: Iterable[bytes]) -> StoredFile:
        """Writes a file, piece by piece; raises OSError if there is no room for it."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(self._entry(path), "w", force_zip64=True) as entry:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                entry.write(piece)
        file = StoredFile(path, size, digest.hexdigest())
        self.files.append(file)
        return file

    def seal(self) -> StoredFile:
        """Writes the list of hashes, whose own hash stands for all: nothing is added after it."""
        return self.add(SUMS, [sums(self.files).encode()])

    def _entry(self, path: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(f"{self._folder}/{path}", _DATE)
        packed = path.lower().endswith(_PACKED)
        entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        entry.external_attr = _MODE
        return entry


def sums(files: Iterable[StoredFile]) -> str:
    """As `sha256sum` writes and checks them, sorted by path."""
    return "".join(f"{file.sha256}  {file.path}\n" for file in sorted(files, key=_path))


def _path(file: StoredFile) -> str:
    return file.path
