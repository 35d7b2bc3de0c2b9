"""Writing CSV that spreadsheets open, or the same `raw`, for scripts.

For a spreadsheet a byte order mark comes first, without which Excel garbles names; times are as it
reads them; and a text that it would take for a formula begins with an apostrophe. A text that
begins with one has a second: without the first, each is what was stored.
"""

import csv
import io
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

CSV_TYPE = "text/csv; charset=utf-8"
#: What spreadsheets take for the start of a formula, in full width too (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_APOSTROPHE = "'"
#: The first characters of texts that have an apostrophe before them in a file for spreadsheets.
GUARDED = (*_FORMULA_STARTS, _APOSTROPHE)
_MARK = "\ufeff"


def csv_start(columns: Iterable[str], *, raw: bool = False) -> str:
    """A file's beginning: its header. Columns of times say in their names that they are in UTC."""
    return ("" if raw else _MARK) + csv_lines([columns], raw=raw)


def csv_lines(rows: Iterable[Iterable[Any]], *, raw: bool = False) -> str:
    """A line for each row; raises ValueError for a number that is not finite."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([_cell(value, raw) for value in row] for row in rows)
    return buffer.getvalue()


def _cell(value: Any, raw: bool) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(value)
    if isinstance(value, datetime):
        # To Excel, times with an offset, and fractions of a second, are texts.
        in_utc = value.astimezone(UTC)
        return in_utc.isoformat() if raw else in_utc.strftime("%Y-%m-%d %H:%M:%S")
    return _guarded(value) if isinstance(value, str) and not raw else value


def _guarded(text: str) -> str:
    return f"{_APOSTROPHE}{text}" if text.startswith(GUARDED) else text
