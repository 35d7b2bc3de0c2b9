"""A sealed archive: a ZIP file with the SHA-256 of each of its files. Pure: no Django.

The same files give the same archive to the byte: entries have one date, and come as they are added.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Self

from .facts import StoredFile

SUMS = "SHA256SUMS"
#: Of the list of hashes, in bytes: that of half a million files.
_LIST_LIMIT = 64 * 2**20
#: The earliest date that the format has.
_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644 << 16
_PIECE = 1 << 20
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


@dataclass(frozen=True)
class Checked:
    """An archive against its own list of hashes."""

    #: The hash of the list, which stands for all.
    content_sha256: str
    #: How many files it lists.
    files: int
    #: Paths of files that are missing, are not in the list, or are not what it says.
    faults: tuple[str, ...]


def checked(file: IO[bytes]) -> Checked:
    """Reads a whole archive. Raises zipfile.BadZipFile if it is none, or has no list of hashes that
    can be read."""
    with zipfile.ZipFile(file) as archive:
        entries = {name.partition("/")[2]: name for name in archive.namelist()}
        if SUMS not in entries:
            raise zipfile.BadZipFile(f"It has no {SUMS}.")
        listing = _listing(archive, entries.pop(SUMS))
        listed = _listed(listing)
        found = {path: _digest(archive, name) for path, name in entries.items()}
    paths = sorted(listed.keys() | found.keys())
    faults = tuple(path for path in paths if listed.get(path) != found.get(path))
    return Checked(hashlib.sha256(listing).hexdigest(), len(listed), faults)


def _listing(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _LIST_LIMIT:
        raise zipfile.BadZipFile(f"Its {SUMS} is too long.")
    try:
        return archive.read(name)
    except (zlib.error, EOFError) as error:
        raise zipfile.BadZipFile(f"Its {SUMS} cannot be read.") from error


def _listed(listing: bytes) -> dict[str, str]:
    """Path → hash."""
    try:
        return dict(line.split("  ", 1)[::-1] for line in listing.decode().split("\n") if line)
    except ValueError as error:
        raise zipfile.BadZipFile(f"Its {SUMS} is no list of hashes.") from error


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    """Empty if its bytes cannot be read."""
    digest = hashlib.sha256()
    try:
        with archive.open(name) as entry:
            while piece := entry.read(_PIECE):
                digest.update(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return ""
    return digest.hexdigest()
