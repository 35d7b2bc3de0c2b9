"""A table that is one JSON object: a list of rows under a name, or columns, as pandas writes them.
What may be meant in two ways is none. Pure: no Django."""

from collections.abc import Iterator, Mapping
from typing import Any

Rows = Iterator[dict[str, Any]]
#: The names that pandas gives to the parts of `orient="split"`.
_SPLIT = {"columns", "data"}
#: The usual name of the rows, and of what is said of them.
_DATA = "data"
_ABOUT = {"schema", "info", "meta"}


def rows_of(whole: Mapping[str, Any]) -> Rows | None:
    """Its rows; None if it is no table, or may be several."""
    if _is_split(whole):
        names = whole["columns"]
        return (dict(zip(names, row, strict=True)) for row in whole["data"])
    # A row may hold a list of objects, too: then it has other cells.
    key = _DATA if whole.keys() - _ABOUT == {_DATA} else next(iter(whole), "")
    if _is_rows(whole.get(key)) and (key == _DATA or len(whole) == 1):
        rows: list[dict[str, Any]] = whole[key]
        return iter(rows)
    return _of_columns(whole)


def _is_split(whole: Mapping[str, Any]) -> bool:
    if not _SPLIT <= set(whole) <= _SPLIT | {"index", "index_names", "column_names"}:
        return False
    names, rows = whole["columns"], whole["data"]
    return (
        isinstance(names, list)
        and isinstance(rows, list)
        and all(isinstance(name, str) for name in names)
        and len(set(names)) == len(names) > 0
        and all(isinstance(row, list) and len(row) == len(names) for row in rows)
    )


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _of_columns(whole: Mapping[str, Any]) -> Rows | None:
    """Columns are lists of one length, or objects with the rows' numbers; rows, by their numbers,
    objects."""
    values = list(whole.values())
    if not values or not all(values):
        return None
    if all(isinstance(column, list) for column in values):
        if len({len(column) for column in values}) > 1 or any(map(_is_rows, values)):
            return None
        return (dict(zip(whole, row, strict=True)) for row in zip(*values, strict=True))
    if not all(isinstance(part, dict) and part.keys() == values[0].keys() for part in values):
        return None
    if _are_numbers(values[0]):
        return ({name: column[key] for name, column in whole.items()} for key in values[0])
    return iter(values) if _are_numbers(whole) else None


def _are_numbers(keys: Mapping[str, Any]) -> bool:
    return all(key.isdecimal() for key in keys)
