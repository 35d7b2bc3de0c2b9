"""Manifests: tables with a row for each image, read by a mapping of their columns."""

import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from workbench.core.problems import Problem
from workbench.core.tables import Record, TableError
from workbench.core.tables.errors import too_long
from workbench.core.texts import gettext_noop

from ...opinion.sources import Source
from ...opinion.units import UNIT_SCALE
from ...protocol.split import Split
from ..mapping.cells import ROW_NUMBER, TextCell
from ..mapping.document import TableMapping
from ..mapping.layout import read_rows
from ..mapping.own import CHECK_COLUMN, manifest_mapping
from ..mapping.scores import Score, read_scores
from ..mapping.suggesting import unmapped_scores
from .gaps import Gap
from .names import safe_name
from .own_export import Exported, read_exported
from .problems import RowError, RowNote
from .remarks import Remark

#: What an image is for, as exports say it.
PURPOSES = ("main", "practice", "gold")
#: The limits of the columns that hold them.
_LONGEST = {"filename": 300, "generator": 200}
_YES, _NO = {"yes", "true", "1"}, {"", "no", "false", "0"}
#: Rows by which it is told what a column holds.
_LOOKED_AT = 20
_UNMAPPED = gettext_noop(
    "Columns that look like scores but are not mapped: %(columns)s. They were kept as metadata; no "
    "opinion score was made of them."
)


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One stimulus as a manifest describes it."""

    row: int
    line: int
    filename: str
    #: "" if the manifest does not say it: of an image that is in the study.
    prompt: str
    generator: str
    metadata: dict[str, Any] = field(default_factory=dict)
    scores: tuple[Score, ...] = ()
    #: An attention check: the prompt says which scores to give, and `scores` are those.
    attention_check: bool = False
    #: The side of the hold-out and the purpose that the manifest names; None if it names none.
    split: Split | None = None
    purpose: str | None = None
    #: The columns of scores: metadata of these names, of an import that did not map them, is stale.
    scored: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Manifest:
    """The usable rows and the errors of the others, both in file order, what is to be said of the
    whole, and whose scores it has."""

    rows: list[ManifestRow]
    errors: list[RowError]
    remarks: list[Remark] = field(default_factory=list)
    sources: tuple[Source, ...] = ()
    #: Of images without a manifest, those whose errors can be filled in.
    gaps: list[Gap] = field(default_factory=list)
    notes: list[RowNote] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.rows) + len(self.errors)


def read_manifest(
    path: Path, *, perspectives: Sequence[str], mapping: TableMapping | None = None
) -> Manifest:
    """All rows of `path`, with published scores from `perspectives` (the study's keys). mapping:
    what its columns are; the workbench's own names if None.

    Raises TableError if the file as a whole cannot be read (its encoding, its header), MappingError
    if the mapping's scores are about none of the perspectives.
    """
    mapping = mapping or manifest_mapping(perspectives)
    mapping, _left = mapping.of_study(perspectives)
    manifest = Manifest([], [], sources=mapping.sources)
    records = read_rows(path, mapping)
    head = list(islice(records, _LOOKED_AT))
    manifest.remarks.extend(_unmapped(head, mapping))
    scale = mapping.sources[0].scale if mapping.sources else UNIT_SCALE
    exported = read_exported(chain(head, records), scale, manifest.remarks)
    _collect(exported, manifest, mapping, path.name)
    return manifest


def _unmapped(head: Sequence[Record], mapping: TableMapping) -> Iterator[Remark]:
    header = dict.fromkeys(key for record in head for key in record.values)
    found = unmapped_scores(list(header), [record.values for record in head], mapping)
    if found:
        yield Remark(_UNMAPPED, {"columns": ", ".join(found)})


def _collect(
    records: Iterator[Record], manifest: Manifest, mapping: TableMapping, name: str
) -> None:
    reader = _RowReader(mapping)
    seen: dict[str, int] = {}
    columns: set[str] = set()
    for record in records:
        columns.update(record.values)
        try:
            row = reader.read(record)
            _refuse_second(row, seen)
        except Problem as problem:
            label = reader.label(record)
            manifest.errors.append(RowError.of(record.row, record.line, label, problem))
        else:
            manifest.rows.append(row)
    _refuse_unseen(mapping, columns, name)


def _refuse_unseen(mapping: TableMapping, columns: set[str], name: str) -> None:
    """JSON has no header: a column is absent if no row has it."""
    unseen = [key for item in mapping.scores for key in item.required if key not in columns]
    if unseen and columns:
        raise TableError(
            gettext_noop('no row of %(name)s has the column "%(column)s"'),
            gettext_noop("correct the mapping; the columns are %(columns)s"),
            name=name,
            column=unseen[0],
            columns=", ".join(sorted(columns)[:20]),
        )


def _refuse_second(row: ManifestRow, seen: dict[str, int]) -> None:
    first = seen.setdefault(row.filename, row.row)
    if first != row.row:
        raise Problem(
            gettext_noop('filename "%(filename)s" is also in row %(first)d'),
            gettext_noop("give each image its own name"),
            filename=row.filename,
            first=first,
        )


class _RowReader:
    """Rows by one mapping; those of the product's own export by that of a manifest."""

    def __init__(self, mapping: TableMapping) -> None:
        self._mapping = mapping
        perspectives = list(dict.fromkeys(item.perspective for item in mapping.scores))
        source = mapping.sources[0] if mapping.sources else Source(mapping.source)
        self._own = manifest_mapping(perspectives, source)

    def label(self, record: Record) -> str:
        """What to call a row that cannot be read."""
        return str(record.values.get(self._of(record).name.column, ""))[:300]

    def read(self, record: Record) -> ManifestRow:
        """Raises Problem."""
        if record.problem is not None:
            raise record.problem
        values, mapping = record.values, self._of(record)
        exported = values if isinstance(values, Exported) else None
        name = _text("filename", mapping.name, _counted(record, mapping.name))
        prompt = _text("prompt", mapping.prompt or mapping.group, values, mapping)
        generator = _text("generator", mapping.generator, values)
        scores = tuple(read_scores(mapping.scores, values))
        split = _split(mapping.split, values, exported=exported is not None)
        return ManifestRow(
            record.row,
            record.line,
            safe_name(name),
            # Many images share one, and all rows are in memory.
            sys.intern(prompt),
            sys.intern(generator),
            _metadata(mapping, values, split),
            scores,
            _is_check(mapping, values, scores),
            split,
            _purpose(exported) if exported is not None else None,
            mapping.numbers if exported is None else frozenset(),
        )

    def _of(self, record: Record) -> TableMapping:
        return self._own if isinstance(record.values, Exported) else self._mapping


def _counted(record: Record, cell: TextCell) -> Mapping[str, Any]:
    if cell.column != ROW_NUMBER:
        return record.values
    return {**record.values, ROW_NUMBER: record.row - 1}


def _text(
    key: str,
    cell: TextCell | None,
    values: Mapping[str, Any],
    mapping: TableMapping | None = None,
) -> str:
    """The text of a field; "" if the mapping does not have it. Raises Problem if it is empty or too
    long."""
    if cell is None:
        return ""
    field_name = {"filename": "name"}.get(key, key)
    if mapping is not None and mapping.prompt is None:
        field_name = "group"
    value = cell.read(field_name, values)
    if not value:
        raise Problem(
            gettext_noop("%(key)s is empty"), gettext_noop("fill it in or delete the row"), key=key
        )
    # A filename is kept in Unicode's composed form, which may be the longer one.
    length = len(unicodedata.normalize("NFC", value) if key == "filename" else value)
    longest = _LONGEST.get(key, length)
    if length > longest:
        raise too_long(key, length, longest)
    return value


def _metadata(
    mapping: TableMapping, values: Mapping[str, Any], split: Split | None
) -> dict[str, Any]:
    """What no field was made of, without what is empty."""
    if isinstance(values, Exported):
        further = values.metadata
    else:
        used = mapping.columns
        if mapping.split is not None and split is None:
            # A column of that name in a manifest of somebody else's may be about another split.
            used -= {mapping.split.column}
        further = {key: value for key, value in values.items() if key not in used}
    return {key: value for key, value in further.items() if value not in ("", None)}


def _split(cell: TextCell | None, values: Mapping[str, Any], *, exported: bool) -> Split | None:
    """The side that the row names."""
    if cell is None:
        return None
    found = cell.read("split", _as_text(values, cell.column))
    if found in (*Split,):
        return Split(found)
    if exported:
        raise _unknown("split", found, Split)
    return None


def _as_text(values: Mapping[str, Any], column: str) -> Mapping[str, str]:
    value = values.get(column)
    return {column: "" if value is None else str(value)}


def _purpose(values: Mapping[str, Any]) -> str:
    if values["purpose"] not in PURPOSES:
        raise _unknown("purpose", values["purpose"], PURPOSES)
    return str(values["purpose"])


def _unknown(key: str, value: Any, known: Iterable[str]) -> Problem:
    return Problem(
        gettext_noop('%(key)s "%(value)s" is not one of %(known)s'),
        gettext_noop("write it as the export does"),
        key=key,
        value=str(value)[:40],
        known=", ".join(known),
    )


def _is_check(mapping: TableMapping, values: Mapping[str, Any], scores: tuple[Score, ...]) -> bool:
    cell = mapping.attention_check
    if cell is None:
        return False
    word = cell.read("attention_check", _as_text(values, cell.column)).lower()
    if word not in _YES | _NO:
        raise Problem(
            gettext_noop('%(key)s "%(value)s" is neither yes nor no'),
            gettext_noop(
                "write yes if the prompt says which scores to give, otherwise leave it empty"
            ),
            key=CHECK_COLUMN,
            value=word[:40],
        )
    if word in _YES and not scores:
        raise Problem(
            gettext_noop("the attention check has no correct score"),
            gettext_noop("write the scores that its prompt asks for into %(column)s and so on"),
            column=mapping.scores[0].mean if mapping.scores else "mos_…",
        )
    return word in _YES
