"""Many rows as arrays: by COPY in PostgreSQL's binary form, without a Python object per value."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Model, QuerySet
from numpy.typing import NDArray

INTEGER, FLOAT = ">i8", ">f8"
#: What stands before the rows and after them (PostgreSQL's manual, COPY, binary format).
_HEADER, _TRAILER = 19, 2


def copy_out(query: str, columns: Sequence[tuple[str, str]]) -> dict[str, NDArray[Any]]:
    """The R rows of a query without parameters: column → its values (R,), in this machine's byte
    order. columns: names with `INTEGER` (bigint) or `FLOAT` (double precision), none of them null.
    """
    row_type = _row_type(columns)
    statement = f"COPY ({query}) TO STDOUT (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        data = b"".join(copy)
    number = (len(data) - _HEADER - _TRAILER) // row_type.itemsize
    rows = np.frombuffer(data, dtype=row_type, count=number, offset=_HEADER)
    return {name: _native(rows[name]) for name, _kind in columns}


def copy_rows(
    rows: QuerySet[Any, Any], columns: Sequence[tuple[str, str]]
) -> dict[str, NDArray[Any]]:
    """The rows of a query set of `values_list`, in its order, as `copy_out`."""
    # COPY takes no parameters.
    query = connection.ops.compose_sql(*rows.query.sql_with_params())  # type: ignore[attr-defined] # PostgreSQL's
    return copy_out(query, columns)


def copy_in(
    model: type[Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    owner: Sequence[Any] = (),
) -> None:
    """Adds rows of `columns`, each after the values that all have (`owner`), as they come: none is
    kept in memory. JSON is given as text."""
    statement = f"COPY {model._meta.db_table} ({', '.join(columns)}) FROM STDIN"
    start = tuple(owner)
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row(start + tuple(row))


def _row_type(columns: Sequence[tuple[str, str]]) -> np.dtype[Any]:
    """A row: the number of its fields, then each one's length before its value."""
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in columns:
        fields += [(f"{name} length", ">i4"), (name, kind)]
    return np.dtype(fields)


def _native(values: Any) -> Any:
    return values.astype(values.dtype.newbyteorder("="))
