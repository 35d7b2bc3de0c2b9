"""Many rows as arrays: by COPY in PostgreSQL's binary form, without a Python object per value."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import QuerySet
from numpy.typing import NDArray

INTEGER, FLOAT = ">i8", ">f8"
#: What stands before the rows and after them (PostgreSQL's manual, COPY, binary format).
_HEADER, _TRAILER = 19, 2
#: The number of a row's fields, and a field's length.
_PREFIX = 6


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


def copied_texts(query: str) -> Iterator[bytes]:
    """The rows of a query without parameters, of one text that is never null, as they come."""
    statement = f"COPY ({query}) TO STDOUT (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        skipped = _HEADER + _PREFIX
        for row in copy:
            # The last one is the trailer.
            if len(row) > _TRAILER:
                yield bytes(row[skipped:])
                skipped = _PREFIX


def _row_type(columns: Sequence[tuple[str, str]]) -> np.dtype[Any]:
    """A row: the number of its fields, then each one's length before its value."""
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in columns:
        fields += [(f"{name} length", ">i4"), (name, kind)]
    return np.dtype(fields)


def _native(values: Any) -> Any:
    return values.astype(values.dtype.newbyteorder("="))
