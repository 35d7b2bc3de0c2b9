"""Reading manifests: CSV (comma, semicolon or tab) or one JSON object per line, in UTF-8."""

import csv
import io
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from workbench.core.json_reader import JsonError, JsonLimitError, read_json
from workbench.core.texts import NO_TEXT, gettext_noop, storable

from ...opinion.units import UNIT_SCALE, UnitScale
from ...protocol.split import Split
from .names import safe_name
from .own_export import Exported, read_exported
from .problems import ManifestError, Problem, RowError
from .remarks import Remark
from .scores import Score, read_scores, score_columns

REQUIRED = ("filename", "prompt", "generator")
#: Whether the prompt says which scores to give.
CHECK_COLUMN = "attention_check"
#: What an image is for, as exports say it.
PURPOSES = ("main", "practice", "gold")
#: The limits of the columns that hold them.
_LONGEST = {"filename": 300, "generator": 200}
_YES, _NO = {"yes", "true", "1"}, {"", "no", "false", "0"}
_DELIMITERS = ",;\t"
#: Characters of a cell: one beyond is its row's error. The reader's own limit, which ends the
#: reading, is out of the way.
_LONGEST_CELL = 100_000
csv.field_size_limit(2**31 - 1)


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
    #: The side of the hold-out and the purpose that the manifest names; None if it names none.
    split: Split | None = None
    purpose: str | None = None


@dataclass(frozen=True)
class Manifest:
    """The usable rows and the errors of the others, both in file order, and what is to be said of
    the whole."""

    rows: list[ManifestRow]
    errors: list[RowError]
    remarks: list[Remark] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.rows) + len(self.errors)


@dataclass(frozen=True)
class Record:
    """One row as it was written. `problem` is set if not even its cells can be told apart."""

    row: int
    line: int
    values: Mapping[str, Any]
    problem: Problem | None = None


def read_manifest(
    path: Path, *, perspectives: Sequence[str], scale: UnitScale = UNIT_SCALE
) -> Manifest:
    """All rows of `path`; published scores are from `perspectives` (keys), on `scale`.

    Raises ManifestError if the file as a whole cannot be read: its encoding, its header.
    """
    text = read_text(path)
    start = text.lstrip()[:1]
    if start == "[":
        raise ManifestError(
            gettext_noop("%(name)s is a JSON array"),
            gettext_noop("write one JSON object per line (JSONL), or a CSV file"),
            name=path.name,
        )
    known = score_columns(perspectives) | {CHECK_COLUMN}
    records = _jsonl(text) if start == "{" else read_csv(text, path.name, REQUIRED, known)
    return _collect(records, perspectives, scale)


def read_text(path: Path) -> str:
    """A UTF-8 file, with or without a byte order mark; raises ManifestError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestError(
            gettext_noop("%(name)s is not UTF-8 (byte %(position)d)"),
            gettext_noop("save it as UTF-8"),
            name=path.name,
            position=error.start,
        ) from error
    except OSError as error:
        raise ManifestError(
            gettext_noop("%(name)s cannot be read: %(reason)s"),
            gettext_noop("give the path of a CSV or JSONL file"),
            name=path,
            reason=error.strerror or error,
        ) from error
    if not text.strip():
        raise ManifestError(
            gettext_noop("%(name)s is empty"),
            gettext_noop("write the columns filename, prompt, generator and one row per image"),
            name=path.name,
        )
    return text


def _collect(records: Iterator[Record], perspectives: Sequence[str], scale: UnitScale) -> Manifest:
    manifest = Manifest([], [])
    seen: dict[str, int] = {}
    for record in read_exported(records, scale, manifest.remarks):
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
    values = {key: _clean(key, value) for key, value in record.values.items()}
    required = {key: _required(key, values) for key in REQUIRED}
    scores = read_scores(values, perspectives, scale)
    exported = record.values if isinstance(record.values, Exported) else None
    split = _split(values, exported=exported is not None)
    own = {*REQUIRED, CHECK_COLUMN, *score_columns(perspectives)} | ({"split"} if split else set())
    further = {key: value for key, value in values.items() if key not in own}
    metadata = further if exported is None else exported.metadata
    return ManifestRow(
        record.row,
        record.line,
        safe_name(required["filename"]),
        required["prompt"],
        required["generator"],
        {key: value for key, value in metadata.items() if value not in ("", None)},
        scores,
        _is_check(values.get(CHECK_COLUMN), scores, perspectives[0]),
        split,
        _purpose(values) if exported is not None else None,
    )


def _split(values: Mapping[str, Any], *, exported: bool) -> Split | None:
    """The side that the row names. A column of that name in a manifest of somebody else's may be
    about another split."""
    found = str(values.get("split", ""))
    if found in (*Split,):
        return Split(found)
    if exported:
        raise _unknown("split", found, Split)
    return None


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
        raise _too_long(key, length, longest)
    return value


def _clean(key: str, value: Any) -> Any:
    """The value itself, which can be stored. What is within a JSON value has been checked."""
    if isinstance(value, str):
        if NO_TEXT.search(value) or NO_TEXT.search(key):
            raise _no_text(key)
        if len(value) > _LONGEST_CELL:
            raise _too_long(key, len(value), _LONGEST_CELL)
    return value


def _no_text(key: str) -> Problem:
    return Problem(
        gettext_noop('column "%(key)s" contains a character that is not text'),
        gettext_noop("remove the zero byte or broken character"),
        key=storable(key),
    )


def _too_long(key: str, length: int, longest: int) -> Problem:
    return Problem(
        gettext_noop("%(key)s has %(length)d characters; at most %(longest)d fit"),
        gettext_noop("shorten it"),
        key=key[:100],
        length=length,
        longest=longest,
    )


def read_csv(
    text: str, name: str, required: Sequence[str], known: Collection[str] = ()
) -> Iterator[Record]:
    """The rows of a CSV text with a header, each as a dict; raises ManifestError.

    Columns that are `required` or `known` are found in capitals too.
    """
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=_delimiter(text, required), strict=True
    )
    number = 0
    line = 1
    try:
        header = _header(next(reader), name, required, known)
        while True:
            line = reader.line_num + 1
            cells = next(reader, None)
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                number += 1
                yield _record(number, line, header, cells)
    except csv.Error as error:
        raise ManifestError(
            gettext_noop("%(name)s is broken from line %(line)d on: %(reason)s"),
            gettext_noop("look for a quote that is not closed or not doubled"),
            name=name,
            line=line,
            reason=error,
        ) from error


def _record(number: int, line: int, header: list[str], cells: list[str]) -> Record:
    values = {key: cell for key, cell in zip(header, cells, strict=False) if key}
    problem = None
    unnamed = any(cell and not key for key, cell in zip(header, cells, strict=False)) or any(
        cells[len(header) :]
    )
    if unnamed or len(cells) < len(header):
        problem = Problem(
            gettext_noop("the row has %(found)d cells, the header has %(expected)d"),
            gettext_noop("put texts that contain the separator in quotes"),
            found=len(cells),
            expected=sum(1 for key in header if key),
        )
    return Record(number, line, values, problem)


def _delimiter(text: str, required: Sequence[str]) -> str:
    """The separator under which the first line names the most required columns."""

    def score(delimiter: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        except csv.Error:
            return 0, 0
        names = {cell.strip().lower() for cell in cells}
        return len(names & set(required)), len(names)

    return max(_DELIMITERS, key=score)


def _header(
    cells: list[str], name: str, required: Sequence[str], others: Collection[str]
) -> list[str]:
    known = {*required, *others}
    stripped = [cell.strip() for cell in cells]
    header = [cell.lower() if cell.lower() in known else cell for cell in stripped]
    for column in required:
        if column not in header:
            _refuse_header(name, column, header, required)
    doubled = [cell for cell in header if cell and header.count(cell) > 1]
    if doubled:
        raise ManifestError(
            gettext_noop('%(name)s has two columns "%(column)s"'),
            gettext_noop("rename or delete one of them"),
            name=name,
            column=doubled[0],
        )
    return header


def _refuse_header(name: str, column: str, header: list[str], required: Sequence[str]) -> NoReturn:
    raise ManifestError(
        gettext_noop('%(name)s has no column "%(column)s"; its columns are %(columns)s'),
        gettext_noop("name the columns %(required)s in the first line"),
        name=name,
        column=column,
        columns=", ".join(cell[:40] for cell in header[:20] if cell) or "–",
        required=", ".join(required),
    )


def _jsonl(text: str) -> Iterator[Record]:
    number = 0
    for line, raw in enumerate(text.split("\n"), start=1):
        if raw.strip():
            number += 1
            yield _json_record(number, line, raw)


def _json_record(number: int, line: int, raw: str) -> Record:
    try:
        values = read_json(raw)
        if isinstance(values, dict):
            return Record(number, line, values)
        problem = _no_object(type(values).__name__)
    except JsonLimitError as error:
        problem = _no_text(error.text_in) if error.text_in else _not_kept(str(error))
    except JsonError as error:
        problem = _no_object(str(error))
    return Record(number, line, {}, problem)


def _no_object(reason: str) -> Problem:
    return Problem(
        gettext_noop("the line is not a JSON object (%(reason)s)"),
        gettext_noop('write {"filename": …, "prompt": …, "generator": …}'),
        reason=reason[:200],
    )


def _not_kept(reason: str) -> Problem:
    return Problem(
        gettext_noop("a value cannot be kept (%(reason)s)"),
        gettext_noop("correct it, or leave it out"),
        reason=reason[:200],
    )
