"""Many rows as arrays: by COPY in PostgreSQL's binary form, without a Python object per value.

PostgreSQL puts a column together, and all columns come as one row: psycopg takes 3 µs for each row
of a COPY, a second for 300,000.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Model, QuerySet
from numpy.typing import NDArray

INTEGER, FLOAT = ">i8", ">f8"
#: PostgreSQL's function that gives a value's 8 bytes.
_SEND = {INTEGER: "int8send", FLOAT: "float8send"}
_BYTES = 8
#: What stands before the rows (PostgreSQL's manual, COPY, binary format), and before the fields.
_HEADER, _FIELDS = 19, 2


def copy_out(query: str, columns: Sequence[tuple[str, str]]) -> dict[str, NDArray[Any]]:
    """The R rows of a query without parameters: column → its values (R,), in this machine's byte
    order. columns: names with `INTEGER` (bigint) or `FLOAT` (double precision), none of them null.

    At most 1 GiB, which is PostgreSQL's longest row: 20 million rows of six columns.
    """
    names = [f"c{place}" for place in range(len(columns))]
    # In the order of the query: the manual allows that for a sorted subquery without a join above.
    sent = ", ".join(
        f"string_agg({_SEND[kind]}({name}), ''::bytea)"
        for name, (_column, kind) in zip(names, columns, strict=True)
    )
    statement = (
        f"COPY (SELECT {sent} FROM ({query}) AS found ({', '.join(names)})) "  # noqa: S608 -- no values
        "TO STDOUT (FORMAT BINARY)"
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        data = b"".join(copy)
    return dict(_columns(data, columns))


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


def new_keys(model: type[Model], number: int) -> list[int]:
    """Keys that no row of `model` has or will have, in ascending order: for rows that `copy_in`
    adds and others point to."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, number],
        )
        return [key for (key,) in cursor]


def _columns(data: bytes, columns: Sequence[tuple[str, str]]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Of a row: each field is its length, −1 without rows, and the column's values."""
    place = _HEADER + _FIELDS
    for name, kind in columns:
        (length,) = struct.unpack_from(">i", data, place)
        place += struct.calcsize(">i")
        values = np.frombuffer(data, kind, max(length, 0) // _BYTES, place)
        place += values.nbytes
        yield name, _native(values)


def _native(values: Any) -> Any:
    return values.astype(values.dtype.newbyteorder("="))
