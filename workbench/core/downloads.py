"""Tables that a page gives to a person."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse

from .tables import CSV_TYPE, csv_lines, csv_start


def wants_raw(request: HttpRequest) -> bool:
    """Whether the file is for a script: `?raw=1`."""
    return request.GET.get("raw", "") not in ("", "0", "false")


def csv_download(
    request: HttpRequest, name: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]
) -> HttpResponse:
    """`name`.csv with these columns, for a spreadsheet or raw as the request asks."""
    raw = wants_raw(request)
    text = csv_start(columns, raw=raw) + csv_lines(rows, raw=raw)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return HttpResponse(text, content_type=CSV_TYPE, headers=headers)
