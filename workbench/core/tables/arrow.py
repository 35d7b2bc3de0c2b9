"""The rows of a Parquet file, or of Arrow's own (what `datasets` saves), with the types that JSON
has, read in batches.

A column of images, as `datasets` keeps them (a struct of `bytes` and `path`), is read as the names
of the images; other columns that hold bytes are left out.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, time
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..texts import gettext_noop
from .columns import Columns
from .errors import TableError
from .header import checked_header
from .rows import Row, Shape, finite

_BATCH = 5_000
#: What reading a damaged file raises.
DAMAGE = (pa.ArrowException, OSError, ValueError)


def arrow_rows(path: Path, columns: Columns, shape: Shape) -> Iterator[Row]:
    """All columns but those that hold bytes; a row's line is its number. Raises TableError."""
    try:
        with arrow_batches(path) as (schema, batches):
            fields = [field for field in schema if not _holds_bytes(field.type)]
            header = checked_header([field.name for field in fields], path.name, columns)
            number = 0
            for batch in batches:
                lists = [_values(path, number, batch, field) for field in fields]
                for row in zip(*lists, strict=True):
                    number += 1
                    yield number, dict(zip(header, row, strict=True)), None
    except DAMAGE as error:
        raise damaged(path, error) from error


@contextmanager
def arrow_batches(path: Path) -> Iterator[tuple[Any, Iterator[Any]]]:
    """The schema and the record batches of a table, of images' columns only their paths."""
    if is_parquet(path):
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            wanted = [_without_bytes(field) for field in schema if not _holds_bytes(field.type)]
            yield schema, file.iter_batches(_BATCH, columns=wanted)
    else:
        table = mapped_table(path)
        yield table.schema, iter(table.to_batches(max_chunksize=_BATCH))


def is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def mapped_table(path: Path) -> Any:
    """The table of an Arrow file in either of its formats: its bytes stay on the disk until they
    are asked for."""
    source = pa.memory_map(str(path))
    with path.open("rb") as file:
        is_file = file.read(6) == b"ARROW1"
    return (pa.ipc.open_file if is_file else pa.ipc.open_stream)(source).read_all()


def damaged(path: Path, error: Exception) -> TableError:
    return TableError(
        gettext_noop("%(name)s is a damaged Parquet or Arrow file: %(reason)s"),
        gettext_noop("write it again, or copy it again"),
        name=path.name,
        reason=(str(error).splitlines() or ["?"])[0][:200],
    )


def holds_images(kind: Any) -> bool:
    """Whether a column of this type holds images as `datasets` keeps them."""
    return pa.types.is_struct(kind) and {field.name for field in kind} == {"bytes", "path"}


def image_names(path: Path, before: int, images: Any) -> Sequence[str]:
    """What the images of a column are called, after `before` rows of the table: by their paths,
    else by table and row. "" where there is none."""
    told = zip(images.is_valid().to_pylist(), images.field("path").to_pylist(), strict=True)
    return [
        (PurePosixPath(place or "").name or f"{path.stem}-{row:06d}") if there else ""
        for row, (there, place) in enumerate(told, start=before + 1)
    ]


def _values(path: Path, before: int, batch: Any, field: Any) -> Sequence[Any]:
    column = batch.column(field.name)
    if holds_images(field.type):
        return image_names(path, before, column)
    return [_plain(value) for value in column.to_pylist()]


def _without_bytes(field: Any) -> str:
    return f"{field.name}.path" if holds_images(field.type) else str(field.name)


def _holds_bytes(kind: Any) -> bool:
    if holds_images(kind):
        return False
    if pa.types.is_struct(kind):
        return any(_holds_bytes(field.type) for field in kind)
    return any(
        test(kind)
        for test in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    )


def _plain(value: Any) -> Any:
    """As JSON would have it; a number that is none is missing, as pandas writes it, and one that is
    not finite is its name."""
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | bool | None) else str(value)
