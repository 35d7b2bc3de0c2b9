"""Manifests: tables (`workbench.core.tables`) with a row for each image."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from workbench.core.problems import Problem
from workbench.core.tables import Columns, Record, read_file, read_table
from workbench.core.tables.errors import too_long
from workbench.core.texts import gettext_noop

from ...opinion.units import UNIT_SCALE, UnitScale
from .names import safe_name
from .problems import RowError
from .scores import Score, decimal_columns, read_scores, score_columns

REQUIRED = ("filename", "prompt", "generator")
#: Whether the prompt says which scores to give.
CHECK_COLUMN = "attention_check"
#: The limits of the columns that hold them.
_LONGEST = {"filename": 300, "generator": 200}
_YES, _NO = {"yes", "true", "1"}, {"", "no", "false", "0"}


@dataclass(frozen=True)
class ManifestRow:
    """One stimulus as a manifest describes it."""

    row: int
    line: int
    filename: str
    prompt: str
    generator: str
    metadata: dict[str, Any] = field(default_factory=dict)
    scores: tuple[Score, ...] = ()
    #: An attention check: the prompt says which scores to give, and `scores` are those.
    attention_check: bool = False


@dataclass(frozen=True)
class Manifest:
    """The usable rows and the errors of the others, both in file order."""

    rows: list[ManifestRow]
    errors: list[RowError]

    @property
    def total(self) -> int:
        return len(self.rows) + len(self.errors)


def read_manifest(
    path: Path,
    *,
    perspectives: Sequence[str],
    scale: UnitScale = UNIT_SCALE,
    columns: Mapping[str, str] = MappingProxyType({}),
    constants: Mapping[str, str] = MappingProxyType({}),
) -> Manifest:
    """All rows of `path`; published scores are from `perspectives` (keys), on `scale`. `columns`:
    what required columns are called in the file; `constants`: what all rows have, in no column.

    Raises TableError if the file as a whole cannot be read: its encoding, its header.
    """
    known = Columns(
        tuple(name for name in REQUIRED if name not in constants),
        score_columns(perspectives) | {CHECK_COLUMN},
        decimal_columns(perspectives),
        {theirs: ours for ours, theirs in columns.items() if ours not in constants},
    )
    records = read_table(read_file(path), path.name, known)
    filled = (replace(item, values={**item.values, **constants}) for item in records)
    return _collect(filled, perspectives, scale)


def _collect(records: Iterator[Record], perspectives: Sequence[str], scale: UnitScale) -> Manifest:
    manifest = Manifest([], [])
    seen: dict[str, int] = {}
    for record in records:
        try:
            row = _parse(record, perspectives, scale)
            _refuse_second(row, seen)
        except Problem as problem:
            name = str(record.values.get("filename", ""))[:300]
            manifest.errors.append(RowError.of(record.row, record.line, name, problem))
        else:
            manifest.rows.append(row)
    return manifest


def _refuse_second(row: ManifestRow, seen: dict[str, int]) -> None:
    first = seen.setdefault(row.filename, row.row)
    if first != row.row:
        raise Problem(
            gettext_noop('filename "%(filename)s" is also in row %(first)d'),
            gettext_noop("give each image its own name"),
            filename=row.filename,
            first=first,
        )


def _parse(record: Record, perspectives: Sequence[str], scale: UnitScale) -> ManifestRow:
    if record.problem is not None:
        raise record.problem
    values = record.values
    required = {key: _required(key, values) for key in REQUIRED}
    own = {*REQUIRED, CHECK_COLUMN, *score_columns(perspectives)}
    metadata = {
        key: value for key, value in values.items() if key not in own and value not in ("", None)
    }
    scores = read_scores(values, perspectives, scale)
    return ManifestRow(
        record.row,
        record.line,
        safe_name(required["filename"]),
        required["prompt"],
        required["generator"],
        metadata,
        scores,
        _is_check(values.get(CHECK_COLUMN), scores, perspectives[0]),
    )


def _is_check(value: Any, scores: tuple[Score, ...], perspective: str) -> bool:
    word = str("" if value is None else value).strip().lower()
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
            column=f"mos_{perspective}",
        )
    return word in _YES


def _required(key: str, values: Mapping[str, Any]) -> str:
    value = values.get(key, "")
    if not isinstance(value, str):
        raise Problem(
            gettext_noop("%(key)s is not text"),
            gettext_noop("put its value in quotes"),
            key=key,
        )
    value = value.strip()
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
