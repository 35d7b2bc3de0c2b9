"""Removes the metadata from an image file, leaving its compressed picture as it is.

Generators write their name, settings and prompt into EXIF, XMP, text chunks and C2PA manifests; a
rater must not find them. Only what a decoder needs is kept.
"""

import re
import struct
from collections.abc import Iterator

#: APP0 (JFIF) and APP14 (Adobe: how colours are coded) decide how pixels are decoded.
_JPEG_APP0, _JPEG_APP14, _JPEG_APP_LAST, _JPEG_COMMENT = 0xE0, 0xEE, 0xEF, 0xFE
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9
#: Ends a scan's compressed data: a marker other than a stuffed byte, restart or fill.
_JPEG_AFTER_SCAN = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sRGB"})
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})
#: VP8X flags: of ICC, alpha, EXIF, XMP and animation only alpha may stay.
_WEBP_ALPHA = 0x10


def strip_metadata(data: bytes, suffix: str) -> bytes:
    """`data` ("jpg", "png" or "webp") without metadata; ValueError if its structure is odd."""
    return {"jpg": _strip_jpeg, "png": _strip_png, "webp": _strip_webp}[suffix](data)


def _strip_jpeg(data: bytes) -> bytes:
    kept = [data[:2]]
    for marker, segment in _jpeg_segments(data):
        is_metadata = marker == _JPEG_COMMENT or _JPEG_APP0 < marker <= _JPEG_APP_LAST
        if marker == _JPEG_APP14 or not is_metadata:
            kept.append(segment)
    return b"".join(kept)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each marker segment up to the end of the image, without anything appended after it."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if marker == _JPEG_SCAN:
            after = _JPEG_AFTER_SCAN.search(data, end)
            if after is None:
                break
            end = after.end() - 2
        yield marker, data[at:end]
        at = end
        if data[at + 1 : at + 2] == bytes([_JPEG_END]):
            yield _JPEG_END, data[at : at + 2]
            return
    raise ValueError("JPEG: its segments do not reach the end of the image")


def _strip_png(data: bytes) -> bytes:
    kept = [_PNG_SIGNATURE]
    at = len(_PNG_SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        end = at + 12 + length
        if kind in _PNG_KEPT:
            kept.append(data[at:end])
        at = end
        if kind == b"IEND":
            break
    return b"".join(kept)


def _strip_webp(data: bytes) -> bytes:
    kept = []
    at = 12
    while at + 8 <= len(data):
        kind = data[at : at + 4]
        (length,) = struct.unpack_from("<I", data, at + 4)
        end = at + 8 + length + length % 2
        chunk = data[at:end]
        if kind == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & _WEBP_ALPHA]) + chunk[9:]
        if kind in _WEBP_KEPT:
            kept.append(chunk)
        at = end
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body
