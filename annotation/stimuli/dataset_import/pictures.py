"""The files of an archive's images: in it, or given besides and known by their hashes."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...models.stimulus import COUNTING_STATES
from ..importing.folder import IMAGES, ListedSource
from ..importing.problems import ImageError
from ..importing.sources import open_source
from .errors import MissingPicturesError
from .opening import DatasetArchive

#: Names in an error.
_SHOWN = 3


class Pictures:
    """Files by their SHA-256."""

    def __init__(self, archive: DatasetArchive, given: ListedSource | None = None) -> None:
        self._archive, self._given = archive, given
        self._named: dict[str, str] = {}

    def read_given(self, told: Callable[[int, int], None]) -> None:
        """Hashes the given files. told: how many of how many."""
        names = [name for name in self._given.names() if _may_be(name)] if self._given else []
        for number, name in enumerate(names):
            told(number, len(names))
            try:
                self._named[hashlib.sha256(self._file(name)).hexdigest()] = name
            except ImageError:
                continue  # it is named if it is missed

    def __contains__(self, sha256: object) -> bool:
        return sha256 in self._archive.pictures or sha256 in self._named

    def read(self, sha256: str) -> bytes:
        """Raises ImageError, or what reading an archive raises."""
        if sha256 in self._archive.pictures:
            return self._archive.picture(sha256)
        return self._file(self._named[sha256])

    def refuse_missing(self) -> None:
        """Raises MissingPicturesError if the archive has none and some of those that count were
        not given either."""
        if self._archive.document["dataset"]["pictures"]:
            return  # one that is missed is the archive's fault, and named when it is written
        needed = list(_needed(self._archive.records()))
        missing = [(name, sha256) for name, sha256 in needed if sha256 not in self]
        if missing:
            raise _missing(missing, len(needed), self._given is not None)

    def _file(self, name: str) -> bytes:
        assert self._given is not None  # noqa: S101 -- only its names are asked for
        return self._given.read(name)


@contextmanager
def pictures_of(archive: DatasetArchive, given: Path | None) -> Iterator[Pictures]:
    """given: a folder or ZIP. Raises ArchiveError."""
    if given is None:
        yield Pictures(archive)
        return
    with closing(open_source(given)) as source:
        yield Pictures(archive, source)


def is_needed(record: dict[str, Any]) -> bool:
    """Whether the scores of the image count: without its file they would not."""
    return bool(
        record["sha256"] and record["purpose"] == "main" and record["state"] in COUNTING_STATES
    )


def _needed(records: Iterator[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for record in records:
        if is_needed(record):
            yield record["filename"], record["sha256"]


def _may_be(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in IMAGES


def _missing(missing: list[tuple[str, str]], needed: int, any_given: bool) -> MissingPicturesError:
    shown = [f"“{name}” (SHA-256 {sha256[:12]}…)" for name, sha256 in missing[:_SHOWN]]
    names = ", ".join(shown) + (", …" if len(missing) > _SHOWN else "")
    if not any_given:
        text = ngettext(
            "The dataset release was made without pictures, and scores of images without a file do "
            "not count: give its picture as well, as a ZIP or a folder. It is known by its hash, "
            "whatever it is called: %(names)s.",
            "The dataset release was made without pictures, and scores of images without a file do "
            "not count: give its %(number)d pictures as well, as a ZIP or a folder. They are known "
            "by their hashes, whatever they are called: %(names)s.",
            needed,
        )
        return MissingPicturesError(text % {"number": needed, "names": names})
    return MissingPicturesError(
        _(
            "Of the %(needed)d pictures of the dataset release %(number)d are not among those that "
            "were given, which are known by their hashes: %(names)s. Nothing was imported."
        )
        % {"needed": needed, "number": len(missing), "names": names}
    )
