"""The rows of a long table of ratings: image, subject, scores. Pure: no Django."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.core.problems import Problem
from workbench.core.tables import Columns, Record, TableError, open_table
from workbench.core.texts import gettext_noop

from ....protocol.errors import ProtocolError
from ....protocol.perspectives import PerspectiveSettings
from ....protocol.scales import Scale
from ...importing.problems import RowError
from ...mapping.cells import number_of

#: What people call the columns, the likeliest first: in the workbench's own table of scores
#: `stimulus` is a key.
IMAGE = ("filename", "file_name", "stimulus", "image", "image_name", "img", "name")
SUBJECT = ("subject", "subject_id", "rater", "rater_id", "participant", "observer", "worker")
SCORE = ("score", "rating", "opinion_score", "value")
PERSPECTIVE = ("perspective", "dimension", "question", "attribute")
TIME = ("submitted_at_utc", "submitted_at", "timestamp", "time", "date")
#: The workbench's own table has rows of other kinds, and answers that do not count.
_ONLY = {"kind": "score", "role": "main"}
_LONGEST_SUBJECT = 200
_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class RatingRow:
    """What one row says. subject: as it is written there."""

    row: int
    line: int
    filename: str
    subject: str
    #: By the perspective's key, on the study's scale.
    scores: Mapping[str, float]
    at: datetime | None


@dataclass
class RatingTable:
    """The rows of a table that can be read, and the errors of the others."""

    rows: list[RatingRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    #: Rows that are no current scores of main trials.
    others: int = 0

    @property
    def total(self) -> int:
        return len(self.rows) + len(self.errors)


@dataclass(frozen=True)
class _Layout:
    """Which column is what."""

    image: str
    subject: str
    #: Columns of scores by perspective; or the one, whose perspective is in `perspective`.
    scores: Mapping[str, str]
    score: str
    perspective: str
    time: str


def read_ratings(path: Path, asked: Sequence[PerspectiveSettings]) -> RatingTable:
    """All rows of the table at `path`, about the perspectives that a study asks for.

    Raises TableError if the table as a whole cannot be read, or lacks a column.
    """
    table = RatingTable()
    scales = {item.key: item.scale for item in asked}
    known = (*IMAGE, *SUBJECT, *SCORE, *PERSPECTIVE, *TIME, *_ONLY, *_score_names(scales))
    numbers = frozenset((*SCORE, *_score_names(scales)))
    layout: _Layout | None = None
    for record in open_table(path, Columns(others=frozenset(known), numbers=numbers)):
        layout = layout or _layout(record.values, scales, path.name)
        if any(str(record.values.get(name) or word) != word for name, word in _ONLY.items()):
            table.others += 1
            continue
        try:
            table.rows.append(_row(record, layout, asked))
        except Problem as problem:
            label = str(record.values.get(layout.image) or "")[:300]
            table.errors.append(RowError.of(record.row, record.line, label, problem))
    if layout is None:
        raise TableError(
            gettext_noop("%(name)s has no rows"),
            gettext_noop("write a row for each rating"),
            name=path.name,
        )
    return table


def _score_names(scales: Mapping[str, Scale]) -> Iterator[str]:
    for key in scales:
        yield from (key, f"score_{key}")


def _layout(header: Mapping[str, Any], scales: Mapping[str, Scale], name: str) -> _Layout:
    scores = {key: column for key in scales for column in (key, f"score_{key}") if column in header}
    score = _first(header, SCORE)
    perspective = _first(header, PERSPECTIVE)
    image, subject = _first(header, IMAGE), _first(header, SUBJECT)
    missing = [words[0] for found, words in ((image, IMAGE), (subject, SUBJECT)) if not found]
    if not scores and not (score and (perspective or len(scales) == 1)):
        missing.append(" / ".join(scales))
    if missing:
        raise TableError(
            gettext_noop("%(name)s has no column %(missing)s"),
            gettext_noop(
                "name its columns filename, subject and, for each perspective of the study, its "
                "key (%(keys)s); or score and perspective"
            ),
            name=name,
            missing=", ".join(missing),
            keys=", ".join(scales),
        )
    return _Layout(image, subject, scores, score, perspective, _first(header, TIME))


def _first(header: Mapping[str, Any], words: Sequence[str]) -> str:
    return next((word for word in words if word in header), "")


def _row(record: Record, layout: _Layout, asked: Sequence[PerspectiveSettings]) -> RatingRow:
    if record.problem is not None:
        raise record.problem
    values = record.values
    filename, subject = (_text(values, name) for name in (layout.image, layout.subject))
    if len(subject) > _LONGEST_SUBJECT:
        raise Problem(
            gettext_noop("the subject has more than %(most)d characters"),
            gettext_noop("write a short code for each subject"),
            most=_LONGEST_SUBJECT,
        )
    scales = {item.key: item.scale for item in asked}
    scores = {key: _score(values, column, scales[key]) for key, column in layout.scores.items()}
    if not layout.scores:
        key = _key(values, layout.perspective, asked)
        scores = {key: _score(values, layout.score, scales[key])}
    said = {key: score for key, score in scores.items() if score is not None}
    if not said:
        raise Problem(
            gettext_noop("the row has no score"), gettext_noop("write it, or delete the row")
        )
    at = _time(values.get(layout.time)) if layout.time else None
    return RatingRow(record.row, record.line, filename, subject, said, at)


def _text(values: Mapping[str, Any], column: str) -> str:
    text = str("" if values.get(column) is None else values[column]).strip()
    if not text:
        raise Problem(
            gettext_noop('the column "%(column)s" is empty'),
            gettext_noop("write it, or delete the row"),
            column=column,
        )
    return text


def _score(values: Mapping[str, Any], column: str, scale: Scale) -> float | None:
    number = number_of(column, values)
    if number is None:
        return None
    try:
        return scale.check(number)
    except ProtocolError as error:
        raise Problem(
            gettext_noop("%(column)s: %(score)g is no score on the scale %(low)g…%(high)g"),
            gettext_noop(
                "ratings are taken over as they were given: import them into a study with their "
                "scale, or their means as published scores"
            ),
            column=column,
            score=number,
            low=scale.minimum,
            high=scale.maximum,
        ) from error


def _key(values: Mapping[str, Any], column: str, asked: Sequence[PerspectiveSettings]) -> str:
    """The perspective that a row is about, by its key or its name."""
    if not column:
        return asked[0].key
    written = _plain(_text(values, column))
    for item in asked:
        if written in (_plain(item.key), _plain(item.label)):
            return item.key
    raise Problem(
        gettext_noop('the study does not ask for the perspective "%(written)s"'),
        gettext_noop("write one of its keys: %(keys)s"),
        written=str(values[column])[:100],
        keys=", ".join(item.key for item in asked),
    )


def _plain(text: str) -> str:
    return _WORD.sub(" ", text).strip().casefold()


def _time(value: Any) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    except ValueError as error:
        raise Problem(
            gettext_noop('"%(value)s" is not a time'),
            gettext_noop("write it as 2026-03-01T14:30:00Z, or leave the column away"),
            value=str(value)[:100],
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
