"""The pieces of JPEG, PNG and WebP files that say how their pixels are to be shown."""

import struct
from collections.abc import Iterator

_JPEG_SCAN = 0xDA
_JPEG_EXIF = 0xE1
#: Before them in a PNG stands all that tells a browser how to show what follows.
_PNG_SIGNATURE, _PNG_DATA = b"\x89PNG\r\n\x1a\n", b"IDAT"


def png_chunks(data: bytes) -> dict[bytes, bytes]:
    """The chunks before a PNG's pixels by their type, the first of each; empty of another file.

    A browser reads no further: an orientation after the pixels turns nothing.
    """
    found: dict[bytes, bytes] = {}
    at = len(_PNG_SIGNATURE)
    while data.startswith(_PNG_SIGNATURE) and at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        if kind == _PNG_DATA:
            break
        found.setdefault(kind, data[at + 8 : at + 8 + length])
        at += 12 + length
    return found


def exif_block(data: bytes) -> bytes:
    """The TIFF structure in which the file's EXIF tags stand, where browsers look for it; empty if
    there is none. They look at a JPEG's first block and at a PNG's, and at none in a WebP."""
    if data.startswith(b"\xff\xd8"):
        return next(_jpeg_exif(data), b"")
    return png_chunks(data).get(b"eXIf", b"")


def _jpeg_exif(data: bytes) -> Iterator[bytes]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if marker == _JPEG_SCAN:
            return
        # The byte after "Exif" and its zero is padding, whatever it holds.
        if marker == _JPEG_EXIF and data[at + 4 : at + 9] == b"Exif\0":
            yield data[at + 10 : end]
        at = end
