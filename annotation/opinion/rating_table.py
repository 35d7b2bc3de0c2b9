"""Ratings from a table that is not of this workbench: one row per rating.

Its columns are `stimulus`, `subject`, `score` and, if somebody rated something more than once,
`repetition`; in any order and case, other columns are passed over. Pure: no Django.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import MintError
from workbench.core.tables import Columns, Record, read_file, read_table

from .methods.base import Floats, Integers, Votes
from .table_scale import Ends, outside, scale_of

_COLUMNS = Columns(
    required=("stimulus", "subject", "score"),
    others=frozenset({"repetition"}),
    numbers=frozenset({"score", "repetition"}),
)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
#: So many wrong rows are named; the rest is counted.
_NAMED = 10


class RatingsError(MintError):
    """Rows that are no ratings, by the lines on which they start, and how to fix them."""

    code = "ratings_invalid"


@dataclass(frozen=True)
class RatingTable:
    """R ratings of S stimuli by U subjects, by places in the order of first appearance."""

    name: str
    stimuli: list[str]
    subjects: list[str]
    #: (R,)
    stimulus: Integers
    subject: Integers
    score: Floats
    repetition: Integers
    #: (R,): where each row starts in the file, from 1.
    line: Integers
    #: Columns that were passed over.
    ignored: list[str]

    def votes(self, ends: Ends | None) -> Votes:
        """On the scale with these ends, or the one that the scores suggest. Raises RatingsError for
        scores outside it, OpinionError if there is no telling the scale."""
        scale = scale_of(self.score, ends)
        wrong = np.flatnonzero(outside(self.score, scale.ends))
        low, high = scale.ends
        _refuse(
            self.name,
            [
                f"line {self.line[at]}: score {self.score[at]:g} is outside {low:g} to {high:g}; "
                "correct it, or give the scale's ends with --scale"
                for at in wrong[:_NAMED]
            ],
            wrong.size,
        )
        return Votes.of(
            self.score,
            self.stimulus,
            self.subject,
            repetition=self.repetition,
            scale=scale,
            stimuli=len(self.stimuli),
            subjects=len(self.subjects),
        )


def read_ratings(path: Path) -> RatingTable:
    """Raises TableError if the file is no such table, RatingsError naming rows that are wrong."""
    rows = _Rows(path.name)
    rows.take(read_table(read_file(path), path.name, _COLUMNS))
    return rows.table()


class _Rows:
    """The rows of a table as they are read."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stimuli: dict[str, int] = {}
        self._subjects: dict[str, int] = {}
        self._found: list[tuple[int, int, float, int, int]] = []
        self._problems: list[str] = []
        self._wrong = 0
        self._ignored: dict[str, None] = {}

    def take(self, records: Iterable[Record]) -> None:
        for record in records:
            try:
                self._found.append(self._rating(record))
            except MintError as error:
                self._wrong += 1
                if self._wrong <= _NAMED:
                    self._problems.append(f"line {record.line}: {error.message}")

    def _rating(self, record: Record) -> tuple[int, int, float, int, int]:
        if record.problem is not None:
            raise record.problem
        values = record.values
        if len(values) > len(_COLUMNS.required):
            self._ignored |= dict.fromkeys(key for key in values if not _COLUMNS.knows(key))
        stimulus, subject = _name("stimulus", values), _name("subject", values)
        score = _number("score", values.get("score"))
        repetition = _whole("repetition", values["repetition"]) if values.get("repetition") else 0
        return (
            self._stimuli.setdefault(stimulus, len(self._stimuli)),
            self._subjects.setdefault(subject, len(self._subjects)),
            score,
            repetition,
            record.line,
        )

    def table(self) -> RatingTable:
        _refuse(self._name, self._problems, self._wrong)
        if not self._found:
            raise RatingsError(
                f"{self._name} has no ratings; below its header, write a row for each rating"
            )
        stimulus, subject, score, repetition, line = zip(*self._found, strict=True)
        self._found.clear()
        table = RatingTable(
            self._name,
            list(self._stimuli),
            list(self._subjects),
            np.array(stimulus, dtype=np.int64),
            np.array(subject, dtype=np.int64),
            np.array(score, dtype=np.float64),
            np.array(repetition, dtype=np.int64),
            np.array(line, dtype=np.int64),
            list(self._ignored),
        )
        _refuse_duplicates(table)
        return table


def _refuse_duplicates(table: RatingTable) -> None:
    """Nobody rates a stimulus twice without saying so in another repetition."""
    keys = (table.line, table.repetition, table.subject, table.stimulus)
    order = np.lexsort(keys)
    same = np.ones(order.size - 1, dtype=np.bool_)
    for key in keys[1:]:
        same &= key[order][1:] == key[order][:-1]
    again = np.flatnonzero(same)
    named = sorted((order[at + 1], order[at]) for at in again[:_NAMED])
    _refuse(
        table.name,
        [
            f'line {table.line[second]}: subject "{table.subjects[table.subject[second]]}" has '
            f'rated "{table.stimuli[table.stimulus[second]]}" before, on line {table.line[first]}; '
            'delete one of the two, or number them in a column "repetition"'
            for second, first in named
        ],
        again.size,
    )


def _refuse(name: str, problems: list[str], number: int) -> None:
    if not number:
        return
    more = [f"and {number - len(problems):,} more"] if number > len(problems) else []
    rows = "1 row" if number == 1 else f"{number:,} rows"
    raise RatingsError("\n  ".join([f"{name}: {rows} cannot be used", *problems, *more]))


def _name(column: str, values: Any) -> str:
    """Of a stimulus or a subject; a number in JSON is a name as well."""
    value = values.get(column)
    if isinstance(value, str):
        name = value.strip()
        if name:
            return name
    elif isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise RatingsError(f"{column} is {_shown(value)}; give its name, or delete the row")


def _number(column: str, value: Any) -> float:
    number = _finite(value)
    if number is not None:
        return number
    raise RatingsError(
        f"{column} is {_shown(value)}, not a finite number; write one such as 4 or 3.5, or delete "
        "the row if there is no rating"
    )


def _whole(column: str, value: Any) -> int:
    number = _finite(value)
    if number is not None and number.is_integer() and 0 <= number < 2**31:
        return int(number)
    raise RatingsError(f"{column} is {_shown(value)}; count from 0 or 1 in whole numbers")


def _finite(value: Any) -> float | None:
    """None if it is no finite number."""
    if isinstance(value, str):
        text = value.strip()
        number = float(text) if _NUMBER.fullmatch(text) else np.nan
    else:
        known = isinstance(value, int | float) and not isinstance(value, bool)
        number = float(value) if known else np.nan
    return number if np.isfinite(number) else None


def _shown(value: Any) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        return "empty"
    return f'"{value!s:.40}"'
