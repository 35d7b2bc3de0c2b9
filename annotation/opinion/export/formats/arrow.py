"""Tables as Arrow's columns, whose types are given and do not depend on the rows: a file may begin
with thousands of images that nobody has rated."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ..columns import Column, Kind

#: Rows of a group of Parquet's; the last one has fewer.
_GROUP = 20_000
#: Of a batch that is made row by row.
_ROWS = 500
_TYPES = {
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.CODE: pa.string(),
    Kind.TEXT: pa.string(),
    Kind.TIME: pa.timestamp("us", "UTC"),
    Kind.JSON: pa.string(),
}


def schema_of(columns: Iterable[Column], facts: Mapping[str, str]) -> pa.Schema:
    """With what each column says, and `facts` of the file."""
    fields = [pa.field(item.name, _TYPES[item.kind], metadata=_described(item)) for item in columns]
    return pa.schema(fields, metadata=dict(facts))


def _described(column: Column) -> dict[str, str]:
    said = {"description": column.meaning, "unit": column.unit, "null": column.null}
    return {name: text for name, text in said.items() if text}


def of_csv(data: bytes, schema: pa.Schema) -> pa.Table:
    """Whole lines of raw CSV, without a header."""
    reading = pyarrow.csv.ReadOptions(column_names=schema.names, use_threads=False)
    parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
    converting = pyarrow.csv.ConvertOptions(
        column_types=schema,
        null_values=[""],
        strings_can_be_null=True,
        # Quotes tell an empty text from nothing.
        quoted_strings_can_be_null=False,
        true_values=["true"],
        false_values=["false"],
    )
    if not data:
        return schema.empty_table()
    return pyarrow.csv.read_csv(pa.BufferReader(data), reading, parsing, converting)


def of_rows(rows: Iterable[Sequence[Any]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Rows of values, in the order of the schema's fields, as batches of some hundred."""
    waiting: list[Sequence[Any]] = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == _ROWS:
            yield _batch(waiting, schema)
            waiting = []
    if waiting:
        yield _batch(waiting, schema)


def _batch(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.RecordBatch:
    values = zip(*rows, strict=True)
    arrays = [pa.array(found, field.type) for found, field in zip(values, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


class _Sink:
    """A file of which one takes away what was written so far."""

    closed = False

    def __init__(self) -> None:
        self._written: list[bytes] = []
        self._size = 0

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._written.append(piece)
        self._size += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def taken(self) -> bytes:
        pieces, self._written = self._written, []
        return b"".join(pieces)


def parquet(batches: Iterable[pa.RecordBatch | pa.Table], schema: pa.Schema) -> Iterator[bytes]:
    """A file of Parquet as it is written, group by group of rows."""
    sink = _Sink()
    with pyarrow.parquet.ParquetWriter(
        sink, schema, compression="zstd", compression_level=1
    ) as writer:
        yield sink.taken()
        for group in _groups(batches):
            # In one piece: the bytes do not depend on how many rows came at a time.
            writer.write_table(group.combine_chunks())
            yield sink.taken()
    yield sink.taken()


def _groups(batches: Iterable[pa.RecordBatch | pa.Table]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    for batch in batches:
        waiting.append(batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch]))
        while sum(item.num_rows for item in waiting) >= _GROUP:
            rows = pa.concat_tables(waiting)
            yield rows.slice(0, _GROUP)
            waiting = [rows.slice(_GROUP)]
    rows = pa.concat_tables(waiting) if waiting else None
    if rows:
        yield rows
