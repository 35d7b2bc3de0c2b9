"""The names of a table's columns, checked."""

from collections.abc import Sequence
from typing import NoReturn

from ..texts import gettext_noop
from .columns import Columns
from .errors import TableError


def checked_header(cells: Sequence[str], name: str, columns: Columns) -> list[str]:
    """The columns of the table `name` by their known names; one without a name is "".

    Raises TableError if a required one is absent, or two have one name.
    """
    header = [columns.named(cell) for cell in cells]
    for column in columns.required:
        if column not in header:
            _refuse(column, header, name, columns)
    doubled = [cell for cell in header if cell and header.count(cell) > 1]
    if doubled:
        raise TableError(
            gettext_noop('%(name)s has two columns "%(column)s"'),
            gettext_noop("rename or delete one of them"),
            name=name,
            column=doubled[0],
        )
    return header


def known_columns(cells: Sequence[str], columns: Columns) -> tuple[int, int, int]:
    """How many of `cells` are columns that must be there, or are known; and how many they are."""
    names = {columns.named(cell) for cell in cells}
    known = names & {*columns.required, *columns.others}
    return len(names & set(columns.required)), len(known), len(names)


def _refuse(column: str, header: Sequence[str], name: str, columns: Columns) -> NoReturn:
    raise TableError(
        gettext_noop('%(name)s has no column "%(column)s"; its columns are %(columns)s'),
        gettext_noop("name the columns %(required)s in the first line"),
        name=name,
        column=column,
        columns=", ".join(cell[:40] for cell in header[:20] if cell) or "–",
        required=", ".join(columns.required),
    )
