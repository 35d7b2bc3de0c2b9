"""A manifest's images: in a folder, or in a ZIP archive that is read without unpacking it."""

import stat
import threading
import unicodedata
import zipfile
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Protocol

from workbench.core.texts import gettext_noop

from .names import safe_name
from .problems import ArchiveError, ImageError, Problem

#: A generated image of 8192 × 8192 pixels as PNG stays below it.
MAX_FILE_BYTES = 256 * 2**20


class ImageSource(Protocol):
    """Images by their manifest name. Safe to read from several threads."""

    def holds(self, name: str) -> bool: ...

    def read(self, name: str) -> bytes:
        """The file's bytes; raises ImageError if it is absent, too large or unreadable."""
        ...

    def missing(self, name: str) -> ImageError:
        """Says that `name` is not here, with the nearest name that is."""
        ...

    def close(self) -> None: ...


def open_source(path: Path) -> ImageSource:
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


class _Names:
    """Names by what may differ between a manifest and its images, each looked up in one step."""

    def __init__(self, names: Iterable[str]) -> None:
        self._same: dict[str, str] = {}
        self._alike: dict[str, str] = {}
        for name in sorted(names):
            self._same.setdefault(name.casefold(), name)
            self._alike.setdefault(_stem(name), name)

    def nearest(self, name: str) -> str:
        """The name that differs in case alone; else one that differs in folder or suffix too, or
        nothing."""
        same = self._same.get(name.casefold())
        return self._alike.get(_stem(name), "") if same is None else same


def _stem(name: str) -> str:
    return name.rsplit("/", 1)[-1].rsplit(".", 1)[0].casefold()


class FolderSource:
    """Images below one folder. Links within it are followed: it is the operator's own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._names: dict[Path, _Names] = {}

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
        return _missing(
            name,
            gettext_noop('image "%(filename)s" not found in the folder'),
            self._names_in((self.root / name).parent).nearest(Path(name).name),
        )

    def close(self) -> None:
        """Nothing is kept open."""

    def _names_in(self, folder: Path) -> _Names:
        """Read once: looked up for each row that has no image."""
        with self._lock:
            if folder not in self._names:
                try:
                    self._names[folder] = _Names(item.name for item in folder.iterdir())
                except OSError:
                    self._names[folder] = _Names(())
            return self._names[folder]

    def _find(self, name: str) -> Path | None:
        # macOS writes decomposed accents; the manifest's name is composed.
        for spelling in (name, unicodedata.normalize("NFD", name)):
            path = self.root / spelling
            try:
                if path.is_file():
                    return path
            except OSError:
                continue  # no file can have so long a name
        return None


class ZipSource:
    """Images in a ZIP archive, which is refused if any of its names leads outside it."""

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
        try:
            self._members = self._index(path.name)
        except Problem:
            self._zip.close()
            raise

    def _index(self, archive: str) -> dict[str, zipfile.ZipInfo]:
        members = {}
        for info in self._zip.infolist():
            if info.is_dir() or info.filename.startswith("__MACOSX/"):
                continue
            members[_member_name(info, archive)] = info
        tops = {name.split("/", 1)[0] for name in members}
        if len(tops) == 1 and all("/" in name for name in members):
            # A folder was packed rather than its files: both ways of naming them work.
            members |= {name.split("/", 1)[1]: info for name, info in members.items()}
        return members

    @cached_property
    def _names(self) -> _Names:
        return _Names(self._members)

    def holds(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        info = self._members.get(name)
        if info is None:
            raise self.missing(name)
        if info.file_size > MAX_FILE_BYTES:
            raise _too_large(name)
        try:
            with self._zip.open(info) as file:
                return _bounded(name, file.read(MAX_FILE_BYTES + 1))
        except Problem:
            raise
        except Exception as error:
            # zipfile and its codecs raise nearly anything on damaged data, and for a password.
            raise _unreadable(name, str(error) or type(error).__name__) from error

    def missing(self, name: str) -> ImageError:
        return _missing(
            name,
            gettext_noop('image "%(filename)s" not found in the archive'),
            self._names.nearest(name),
        )

    def close(self) -> None:
        self._zip.close()


def _member_name(info: zipfile.ZipInfo, archive: str) -> str:
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ArchiveError(
            gettext_noop('%(archive)s contains "%(name)s", which is a link'),
            gettext_noop("pack the files themselves"),
            archive=archive,
            name=info.filename,
        )
    try:
        return safe_name(info.filename)
    except Problem as problem:
        raise ArchiveError(
            gettext_noop('%(archive)s contains "%(name)s", which points outside it'),
            gettext_noop("pack the images again with names relative to one folder"),
            archive=archive,
            name=problem.params["name"],
        ) from problem


def _missing(name: str, template: str, near: str) -> ImageError:
    fix = (
        gettext_noop('add it, or write "%(near)s", as the file is called')
        if near
        else gettext_noop("add it, or delete the row")
    )
    return ImageError(template, fix, filename=name, near=near)


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
