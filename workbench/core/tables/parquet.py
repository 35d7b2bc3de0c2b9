"""The rows of a Parquet file, with the types that JSON has, read in batches."""

import math
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..texts import gettext_noop
from .columns import Columns
from .errors import TableError
from .header import checked_header
from .rows import Row, Shape

_BATCH = 5_000


def parquet_rows(path: Path, columns: Columns, shape: Shape) -> Iterator[Row]:
    """All columns but those that hold bytes, such as images; a row's line is its number. Raises
    TableError."""
    try:
        with pq.ParquetFile(path) as file:
            kept = [field.name for field in file.schema_arrow if not _holds_bytes(field.type)]
            names = dict(zip(kept, checked_header(kept, path.name, columns), strict=True))
            number = 0
            for batch in file.iter_batches(_BATCH, columns=kept):
                for row in batch.to_pylist():
                    number += 1
                    yield number, {names[key]: _plain(value) for key, value in row.items()}, None
    except (pa.ArrowException, OSError, ValueError) as error:
        raise TableError(
            gettext_noop("%(name)s is a damaged Parquet file: %(reason)s"),
            gettext_noop("write it again, or copy it again"),
            name=path.name,
            reason=(str(error).splitlines() or ["?"])[0][:200],
        ) from error


def _holds_bytes(kind: Any) -> bool:
    if pa.types.is_struct(kind):
        return any(_holds_bytes(field.type) for field in kind)
    return any(
        test(kind)
        for test in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    )


def _plain(value: Any) -> Any:
    """As JSON would have it; a number that is none is missing, as pandas writes it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | bool | None) else str(value)
