"""Rows of `lines`, written as raw CSV, as Arrow's columns: what rows share is parsed once. Pure: no
Django."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .formats.arrow import of_csv
from .lines import Lines, Part
from .scores import Part as Columns
from .scores import Table, columns_of

#: Parts that many rows share and that take long to parse.
_APART = (Columns.IMAGE, Columns.TRIAL)


def tables_of(lines: Lines, table: Table, schema: pa.Schema) -> Iterator[pa.Table]:
    """Some thousand rows at a time; schema: of all columns of the table."""
    apart = {name: _parsed(lines.parts[name], _schema(name, schema)) for name in _APART}
    inline = pa.schema(
        [schema.field(item.name) for item in table.columns if item.part not in _APART]
    )
    for part in lines.slices():
        columns = dict(zip(inline.names, of_csv(part.text(_APART), inline).columns, strict=True))
        for name, parsed in apart.items():
            taken = parsed.take(_index(part.parts[name]))
            columns |= dict(zip(parsed.column_names, taken.columns, strict=True))
        yield pa.table([columns[name] for name in schema.names], schema=schema)


def _schema(name: Columns, schema: pa.Schema) -> pa.Schema:
    return pa.schema([schema.field(column.name) for column in columns_of(name)])


def _parsed(part: Part, schema: pa.Schema) -> pa.Table:
    """(N,) what rows share. A text begins with what separates it from the cell before."""
    texts = part.texts[: len(part.texts) - 2]
    lines = pc.binary_join_element_wise(texts, b"", b"\n")
    before = pa.field("before", pa.string())
    data = b"".join(lines.to_pylist())
    return of_csv(data, pa.schema([before, *schema])).drop_columns(["before"])


def _index(part: Part) -> pa.Array:
    """Nothing where the part has nothing."""
    return pa.array(part.index, mask=np.greater_equal(part.index, len(part.texts) - 2))
