"""What readers of tables give for each row, and how they are told to read a file."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..problems import Problem

#: A row's line in its file, its values, and its problem if it has one.
Row = tuple[int, Mapping[str, Any], Problem | None]
#: The separators that a file cannot tell by itself: runs of blanks; none, each line is one cell.
SPACES, LINES = "spaces", "lines"


@dataclass(frozen=True)
class Record:
    """One row as it was written: `row` counts data rows, `line` is where it starts.

    `problem` is set if the row as a whole cannot be used, such as its cells cannot be told apart.
    """

    row: int
    line: int
    values: Mapping[str, Any]
    problem: Problem | None = None


@dataclass(frozen=True)
class Shape:
    """How a file holds its table, as far as the file does not say it."""

    #: The columns of a file whose first line is data already.
    columns: tuple[str, ...] = ()
    #: Of a text: SPACES, LINES, or "" if it is to be found.
    separator: str = ""
    #: Of a workbook; its first sheet if empty.
    sheet: str = ""


#: A table that says everything itself.
PLAIN = Shape()


def finite(value: float) -> float | str | None:
    """A number as rows have it: one that is not finite is its name, so that a score that is one is
    its row's problem; NaN is missing, as pandas and MATLAB write it."""
    if math.isnan(value):
        return None
    return str(value) if math.isinf(value) else value
