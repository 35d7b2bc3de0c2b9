"""Downloads of stored files that can go on where they broke off (RFC 9110, sections 13.1.5 and 14).

One range is served; of several, which few clients ask for, the whole file is sent, as it may be.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

_CHUNK = 1 << 18
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class UnsatisfiableError(ValueError):
    """A range that lies behind the file's end."""


@dataclass(frozen=True)
class Span:
    """Bytes from `start` up to, and without, `end`."""

    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


def span_of(header: str, size: int) -> Span | None:
    """The one range that a `Range` header asks for, of a file of `size` bytes; None for all of it:
    no range, several, or another unit. Raises UnsatisfiableError."""
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    if last and first and int(last) < int(first):
        return None
    if start >= size or start >= end:
        raise UnsatisfiableError
    return Span(start, end)


def download(
    request: HttpRequest, file: IO[bytes], *, size: int, etag: str, name: str, content_type: str
) -> HttpResponseBase:
    """The file, or the part of it that the request asks for; etag: without quotes, of content that
    never changes. The response closes the file."""
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{etag}"',
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    try:
        span = _asked(request, size, etag)
    except UnsatisfiableError:
        file.close()
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    part = span or Span(0, size)
    headers["Content-Length"] = str(part.size)
    if span is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{size}"
    return StreamingHttpResponse(
        _pieces(file, part),
        status=200 if span is None else 206,
        content_type=content_type,
        headers=headers,
    )


def _asked(request: HttpRequest, size: int, etag: str) -> Span | None:
    """A range of another file than the client began with would be of no use to it."""
    if request.headers.get("If-Range", f'"{etag}"') != f'"{etag}"':
        return None
    return span_of(request.headers.get("Range", ""), size)


def _pieces(file: IO[bytes], part: Span) -> Iterator[bytes]:
    with file:
        file.seek(part.start)
        left = part.size
        while left and (piece := file.read(min(left, _CHUNK))):
            left -= len(piece)
            yield piece
