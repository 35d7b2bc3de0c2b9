"""WebP: its EXIF, XMP and Content Credentials chunks."""

from typing import BinaryIO

from ..limits import MOST_PIECES
from .parts import Parts, read_exactly, read_piece

_ALPHA = 0x10


def read_webp(stream: BinaryIO, parts: Parts) -> None:
    """Fill `parts` from a stream that stands after the twelve bytes of the RIFF header."""
    for _piece in range(MOST_PIECES):
        head = read_exactly(stream, 8)
        if head is None:
            return
        kind, size = head[:4].decode("latin-1"), int.from_bytes(head[4:], "little")
        if kind in ("EXIF", "XMP ", "C2PA", "VP8X"):
            _take(kind, read_piece(stream, size, parts), parts)
        elif kind == "VP8L":
            start = stream.read(min(size, 5))
            # The alpha bit follows a byte of signature and two sizes of 14 bits.
            parts.alpha = parts.alpha or (len(start) == 5 and bool(start[4] & _ALPHA))
            stream.seek(size - len(start), 1)
        else:
            stream.seek(size, 1)
        stream.seek(size & 1, 1)
    parts.damaged = True


def _take(kind: str, data: bytes, parts: Parts) -> None:
    if kind == "EXIF":
        parts.add_exif(data)
    elif kind == "XMP ":
        parts.add_xmp(data)
    elif kind == "C2PA":
        parts.add_credentials(data)
    else:
        parts.alpha = parts.alpha or (data[:1] != b"" and bool(data[0] & _ALPHA))
