"""Reading the archive of a dataset release, which may come from anybody: it is held against its own
list of hashes first, and nothing in it is taken for what it says without a check."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeVar

from django.utils.translation import gettext as _

from workbench.core.json_reader import read_json

from ...opinion.dataset.archive import SUMS, checked
from ...opinion.dataset.facts import ASIDE, SPLITS
from ...opinion.export.facts import LAYOUT
from ..importing.sources import MAX_FILE_BYTES
from .errors import BrokenArchiveError, ForeignArchiveError, OtherLayoutError

T = TypeVar("T")
#: Of what is read and written together.
_BATCH = 200
STUDY, RECORDS, SESSIONS, RATERS = "study.json", "records.jsonl", "sessions.csv", "raters.csv"
#: In bytes: of the study's document, and of what is said of one image.
_DOCUMENT_LIMIT = _LINE_LIMIT = 64 * 2**20
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: Entries with a password have this flag (APPNOTE 4.4.4).
_ENCRYPTED = 1
#: What reading a file raises that is none of these archives. What is raised while one is used is
#: named otherwise by whoever uses it.
_UNREADABLE = (zipfile.BadZipFile, NotImplementedError, ValueError, zlib.error, EOFError)
#: Folders of pictures, which are named by their content.
_PICTURE = re.compile(rf"(?:{'|'.join((*SPLITS, *ASIDE))})/([0-9a-f]{{64}})\.[a-z]{{3,4}}")


class DatasetArchive:
    """An archive whose files are what its list says."""

    def __init__(self, packed: zipfile.ZipFile, content_sha256: str) -> None:
        """packed: checked by `opened`."""
        self._packed = packed
        self.content_sha256 = content_sha256
        self._entries = {info.filename.partition("/")[2]: info for info in packed.infolist()}
        #: Which part is being read: an error names it.
        self.place = STUDY

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator[Self]:
        """Raises DatasetImportError: no dataset release, of another layout, or damaged; OSError if
        it cannot be read."""
        with path.open("rb") as file:
            try:
                with zipfile.ZipFile(file) as packed:
                    _check_entries(packed)
                    found = checked(file)
                    if found.faults:
                        raise BrokenArchiveError(found.faults[0], _("it is not what was made"))
                    archive = cls(packed, found.content_sha256)
                    archive._check_layout()
                    yield archive
            except _UNREADABLE as error:
                raise _foreign(str(error)) from error

    @cached_property
    def document(self) -> dict[str, Any]:
        """The study's (`export.document`), with its settings and what the dataset's owner said."""
        self.place = STUDY
        found = read_json(self._read(STUDY, _DOCUMENT_LIMIT))
        if not isinstance(found, dict):
            raise ValueError("it is no object")
        return found

    def batches(self) -> Iterator[list[dict[str, Any]]]:
        """`records`, some at a time."""
        return self._batches(RECORDS, self.records(), 1)

    def row_batches(self, path: str) -> Iterator[list[dict[str, str]]]:
        """Rows of a table in CSV by column, some at a time."""
        return self._batches(path, self._rows(path), 2)

    def records(self) -> Iterator[dict[str, Any]]:
        """What is said of each image (`export.records`)."""
        with self._packed.open(self._entry(RECORDS)) as file:
            number = 0
            while line := file.readline(_LINE_LIMIT + 1):
                number += 1
                self.place = f"{RECORDS}, {number}"
                if len(line) > _LINE_LIMIT:
                    raise ValueError("it is too long")
                found = read_json(line)
                if not isinstance(found, dict):
                    raise ValueError("it is no object")
                yield found

    def _batches(self, path: str, found: Iterator[T], first: int) -> Iterator[list[T]]:
        """first: the number of the first one's line."""
        while batch := list(islice(found, _BATCH)):
            last = first + len(batch) - 1
            self.place = _("%(file)s, %(first)d to %(last)d") % {
                "file": path,
                "first": first,
                "last": last,
            }
            yield batch
            first = last + 1

    def _rows(self, path: str) -> Iterator[dict[str, str]]:
        with self._packed.open(self._entry(path)) as file:
            lines = io.TextIOWrapper(file, encoding="utf-8", newline="")
            for number, row in enumerate(csv.DictReader(lines, strict=True), start=2):
                self.place = f"{path}, {number}"
                yield row

    @cached_property
    def pictures(self) -> dict[str, str]:
        """SHA-256 of an image's file → its path."""
        found = filter(None, map(_PICTURE.fullmatch, self._entries))
        return {match[1]: match[0] for match in found}

    def picture(self, sha256: str) -> bytes:
        return self._read(self.pictures[sha256], MAX_FILE_BYTES)

    def _check_layout(self) -> None:
        document = self.document
        if document.get("format") != "mint-study" or not isinstance(document.get("dataset"), dict):
            raise _foreign(_("its %(file)s is of something else") % {"file": STUDY})
        layout = document.get("layout")
        if layout == LAYOUT:
            return
        newer = isinstance(layout, int) and layout > LAYOUT
        raise OtherLayoutError(
            _("The archive is of a newer build (layout %(layout)s): update this server first.")
            % {"layout": layout}
            if newer
            else _("The archive is of an older build: have the dataset release made again.")
        )

    def _entry(self, path: str) -> zipfile.ZipInfo:
        if path not in self._entries:
            raise _foreign(_("it has no %(file)s") % {"file": path})
        return self._entries[path]

    def _read(self, path: str, limit: int) -> bytes:
        entry = self._entry(path)
        if entry.file_size > limit:
            raise BrokenArchiveError(path, _("it is too large"))
        return self._packed.read(entry)


def _check_entries(packed: zipfile.ZipFile) -> None:
    """One folder, each path once, nothing that needs a password or another packing."""
    names = [info.filename for info in packed.infolist()]
    folder = names[0].partition("/")[0] if names else ""
    if f"{folder}/{SUMS}" not in names or any(name.split("/")[0] != folder for name in names):
        raise _foreign(_("it is not one folder with %(file)s") % {"file": SUMS})
    if len(set(names)) < len(names):
        raise BrokenArchiveError(folder, _("two files have one name"))
    for info in packed.infolist():
        if info.compress_type not in _PACKINGS or info.flag_bits & _ENCRYPTED:
            raise BrokenArchiveError(info.filename, _("it is packed in another way"))


def _foreign(reason: str) -> ForeignArchiveError:
    return ForeignArchiveError(
        _("The file is no dataset release: %(reason)s.") % {"reason": reason.rstrip(".")}
    )
