"""What a column of an exported table is: its name, kind and unit, and what it says.

Tables, their dictionary and their documentation are made of these. Pure: no Django.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a column's cells are."""

    INTEGER = "integer"
    #: Written with a decimal point, so that no reader takes it for a whole number.
    NUMBER = "number"
    BOOLEAN = "boolean"
    #: One of some words of letters, digits and signs that need no quotes.
    CODE = "code"
    TEXT = "text"
    #: In UTC; the column's name says so.
    TIME = "time"
    #: A structure, as a text in JSON.
    JSON = "JSON"


@dataclass(frozen=True)
class Column:
    """A column; its texts are English, for the dictionary."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    #: What it means that there is nothing; empty if there always is something.
    null: str = ""
    #: The kinds of rows that have it; empty if all have. In others there is nothing.
    rows: tuple[str, ...] = ()
