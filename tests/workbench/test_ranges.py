"""Parts of a file: what RFC 9110 says of its examples."""

import io

import pytest
from django.http import StreamingHttpResponse
from django.test import RequestFactory

from workbench.core.ranges import Span, UnsatisfiableError, download, span_of

DATA = bytes(range(256)) * 40


# The examples of RFC 9110, section 14.1.2, are of 10,000 bytes.
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-499", Span(0, 500)),
        ("bytes=500-999", Span(500, 1000)),
        ("bytes=-500", Span(9500, 10000)),
        ("bytes=9500-", Span(9500, 10000)),
        ("bytes=9990-20000", Span(9990, 10000)),
        ("bytes=-20000", Span(0, 10000)),
        ("bytes=0-0,-1", None),
        ("bytes=500-499", None),
        ("bytes=-", None),
        ("lines=1-2", None),
        ("", None),
    ],
)
def test_a_header_asks_for_a_part(header: str, expected: Span | None) -> None:
    assert span_of(header, 10_000) == expected


@pytest.mark.parametrize("header", ["bytes=10000-", "bytes=10000-10001", "bytes=-0"])
def test_a_part_behind_the_end_is_refused(header: str) -> None:
    with pytest.raises(UnsatisfiableError):
        span_of(header, 10_000)


@pytest.mark.parametrize(
    ("headers", "status", "expected"),
    [
        ({}, 200, DATA),
        ({"range": "bytes=100-"}, 206, DATA[100:]),
        ({"range": "bytes=100-109", "if-range": '"same"'}, 206, DATA[100:110]),
        ({"range": "bytes=100-109", "if-range": '"other"'}, 200, DATA),
        ({"range": "bytes=100-109", "if-range": 'W/"same"'}, 200, DATA),
        ({"range": f"bytes={len(DATA)}-"}, 416, b""),
    ],
)
def test_a_download_goes_on(headers: dict[str, str], status: int, expected: bytes) -> None:
    request = RequestFactory().get("/", headers=headers)
    file = io.BytesIO(DATA)
    answer = download(
        request, file, size=len(DATA), etag="same", name="a.zip", content_type="application/zip"
    )
    found = answer.getvalue() if isinstance(answer, StreamingHttpResponse) else b""
    assert (answer.status_code, found) == (status, expected)
    assert file.closed
    assert (answer["ETag"], answer["Accept-Ranges"]) == ('"same"', "bytes")
    if status == 206:
        assert answer["Content-Length"] == str(len(expected))
        assert answer["Content-Range"] == f"bytes 100-{99 + len(expected)}/{len(DATA)}"
