"""A manifest's images: in a folder, or in a ZIP archive that is read without unpacking it."""

import os
import threading
import unicodedata
import zipfile
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Protocol

from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

from .matching import NameIndex
from .members import member_names
from .names import is_system_file
from .problems import ArchiveError, ImageError

#: A generated image of 8192 × 8192 pixels as PNG stays below it.
MAX_FILE_BYTES = 256 * 2**20


_NOT_GIVEN = gettext_noop('image "%(filename)s" was not given')
_NOT_IN_FOLDER = gettext_noop('image "%(filename)s" not found in the folder')
_NOT_IN_ARCHIVE = gettext_noop('image "%(filename)s" not found in the archive')
NOT_IN_DATASET = gettext_noop('image "%(filename)s" not found in the dataset')
#: What says that a row's image is missing.
IMAGE_MISSING = frozenset({_NOT_GIVEN, _NOT_IN_FOLDER, _NOT_IN_ARCHIVE, NOT_IN_DATASET})


class ImageSource(Protocol):
    """Images by their manifest name. Safe to read from several threads."""

    def locate(self, name: str) -> str | None:
        """What tells the file that `name` means from all others, or None if it means none; raises
        ImageError if it may mean several."""
        ...

    def holds(self, name: str) -> bool:
        """As `locate` is not None."""
        ...

    def read(self, name: str) -> bytes:
        """The file's bytes; raises ImageError if it is absent, too large or unreadable."""
        ...

    def missing(self, name: str) -> ImageError:
        """Says that `name` is not here, with the nearest name that is."""
        ...

    def close(self) -> None: ...


class _NoImages:
    """Where there are none: rows are labels of images that are known, or come later."""

    def locate(self, name: str) -> str | None:
        return None

    def holds(self, name: str) -> bool:
        return False

    def read(self, name: str) -> bytes:
        raise self.missing(name)

    def missing(self, name: str) -> ImageError:
        return NameIndex(()).missing(name, _NOT_GIVEN)

    def close(self) -> None:
        """Nothing is kept open."""


NO_IMAGES = _NoImages()


def open_source(path: Path) -> "FolderSource | ZipSource":
    """The folder or ZIP at `path`; raises ArchiveError if it is neither."""
    if path.is_dir():
        return FolderSource(path)
    if not path.is_file():
        raise ArchiveError(
            gettext_noop("%(path)s does not exist"),
            gettext_noop("give the folder or the ZIP file that contains the images"),
            path=path,
        )
    return ZipSource(path)


class FolderSource:
    """Images below one folder. Links within it are followed: it is the operator's own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()

    def locate(self, name: str) -> str | None:
        path = self._find(name)
        return None if path is None else str(path.relative_to(self.root))

    def holds(self, name: str) -> bool:
        return self._find(name) is not None

    def read(self, name: str) -> bytes:
        path = self._find(name)
        if path is None:
            raise self.missing(name)
        try:
            with path.open("rb") as file:
                return _bounded(name, file.read(MAX_FILE_BYTES + 1))
        except OSError as error:
            raise _unreadable(name, error.strerror or str(error)) from error

    def missing(self, name: str) -> ImageError:
        index, _files = self._walked()
        return index.missing(name, _NOT_IN_FOLDER)

    def names(self) -> list[str]:
        """The names of all files, sorted."""
        index, _files = self._walked()
        return index.names()

    def close(self) -> None:
        """Nothing is kept open."""

    def _walked(self) -> tuple[NameIndex, list[Path]]:
        """Once, as soon as a row has no image of its full name."""
        with self._lock:
            return self._all

    @cached_property
    def _all(self) -> tuple[NameIndex, list[Path]]:
        files = [
            Path(folder, name)
            for folder, _folders, names in os.walk(self.root)
            for name in sorted(names)
        ]
        spelled = ((str(path.relative_to(self.root)), number) for number, path in enumerate(files))
        return (
            NameIndex(
                (unicodedata.normalize("NFC", name), number)
                for name, number in spelled
                if not is_system_file(name)
            ),
            files,
        )

    def _find(self, name: str) -> Path | None:
        # macOS writes decomposed accents; the manifest's name is composed.
        for spelling in dict.fromkeys((name, unicodedata.normalize("NFD", name))):
            path = self.root / spelling
            try:
                if path.is_file():
                    return path
            except OSError:
                continue  # no file can have so long a name
        index, files = self._walked()
        found = index.find(name)
        return None if found is None else files[found]


class IndexedImages:
    """Images that are known by numbers, in a file that is read without unpacking it."""

    #: Says that one is not in it.
    absent: ClassVar[str]
    _index: NameIndex

    def names(self) -> list[str]:
        """The names of all files, sorted; of a name with several spellings the likeliest."""
        return self._index.names()

    def locate(self, name: str) -> str | None:
        found = self._index.find(name)
        return None if found is None else str(found)

    def holds(self, name: str) -> bool:
        return self._index.find(name) is not None

    def missing(self, name: str) -> ImageError:
        return self._index.missing(name, self.absent)

    def _number(self, name: str) -> int:
        found = self._index.find(name)
        if found is None:
            raise self.missing(name)
        return found


class ZipSource(IndexedImages):
    """Images in a ZIP archive, which is refused if any of its names leads outside it."""

    absent = _NOT_IN_ARCHIVE

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise ArchiveError(
                gettext_noop("%(name)s is not a ZIP archive that can be read (%(reason)s)"),
                gettext_noop("pack the images again, as ZIP"),
                name=path.name,
                reason=error,
            ) from error
        self._members = self._zip.infolist()
        numbers = {id(info): number for number, info in enumerate(self._members)}
        try:
            names = member_names(self._members, path.name)
            self._index = NameIndex((name, numbers[id(info)]) for name, info in names)
        except Problem:
            self._zip.close()
            raise

    def read(self, name: str) -> bytes:
        info = self._members[self._number(name)]
        if info.file_size > MAX_FILE_BYTES:
            raise _too_large(name)
        try:
            with self._zip.open(info) as file:
                return _bounded(name, file.read(MAX_FILE_BYTES + 1))
        except (Problem, MemoryError):
            raise
        except Exception as error:
            # zipfile and its codecs raise nearly anything on damaged data, and for a password.
            raise _unreadable(name, str(error) or type(error).__name__) from error

    def close(self) -> None:
        self._zip.close()


def _bounded(name: str, data: bytes) -> bytes:
    if len(data) > MAX_FILE_BYTES:
        raise _too_large(name)
    return data


def _too_large(name: str) -> ImageError:
    return ImageError(
        gettext_noop('image "%(filename)s" is larger than %(limit)d MiB'),
        gettext_noop("save it with compression"),
        filename=name,
        limit=MAX_FILE_BYTES // 2**20,
    )


def _unreadable(name: str, reason: str) -> ImageError:
    return ImageError(
        gettext_noop('image "%(filename)s" cannot be read (%(reason)s)'),
        gettext_noop("check the file, or pack the archive again without a password"),
        filename=name,
        reason=reason[:200],
    )
