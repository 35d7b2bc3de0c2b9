"""The texts of an EXIF block.

Pillow reads these blocks too; of damaged ones it warns by the process's own filter of warnings,
and it decodes every text as Latin-1.
"""

import struct
from collections.abc import Iterator

from ..decoding import comment_text, unmarked_text
from ..records import (
    ARTIST,
    IMAGE_DESCRIPTION,
    MAKE,
    MAKER_NOTE,
    MODEL,
    SOFTWARE,
    USER_COMMENT,
)

_EXIF_DIRECTORY = 0x8769
_WANTED = (IMAGE_DESCRIPTION, MAKE, MODEL, SOFTWARE, ARTIST, MAKER_NOTE, USER_COMMENT)
#: BYTE, ASCII, UNDEFINED and, since Exif 3.0, UTF-8; one byte each.
_TEXTS = frozenset({1, 2, 7, 129})
_LONG = 4
_MOST_TAGS = 1000


def exif_texts(block: bytes) -> dict[int, str]:
    """The wanted tags of the first directory and of the Exif directory, decoded.

    block: a TIFF structure; empty of anything else, and without what lies outside it.
    """
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return {}
    found: dict[int, str] = {}
    (first,) = struct.unpack_from(f"{order}I", block, 4)
    directories = [first]
    for place in directories:
        for tag, kind, count, at in _entries(block, order, place):
            if tag == _EXIF_DIRECTORY and kind == _LONG and len(directories) == 1:
                directories.append(struct.unpack_from(f"{order}I", block, at)[0])
            elif tag in _WANTED and kind in _TEXTS:
                data = _value(block, order, count, at)
                found.setdefault(tag, _decoded(tag, data))
    return {tag: text for tag, text in found.items() if text}


def _entries(block: bytes, order: str, place: int) -> Iterator[tuple[int, int, int, int]]:
    """Tag, type, count and the place of the value or of the pointer to it."""
    if place + 2 > len(block):
        return
    (number,) = struct.unpack_from(f"{order}H", block, place)
    for index in range(min(number, _MOST_TAGS)):
        at = place + 2 + 12 * index
        if at + 12 > len(block):
            return
        tag, kind, count = struct.unpack_from(f"{order}HHI", block, at)
        yield tag, kind, count, at + 8


def _value(block: bytes, order: str, count: int, at: int) -> bytes:
    if count <= 4:
        return block[at : at + count]
    (place,) = struct.unpack_from(f"{order}I", block, at)
    return block[place : place + count] if place + count <= len(block) else b""


def _decoded(tag: int, data: bytes) -> str:
    if tag == USER_COMMENT:
        return comment_text(data)
    return unmarked_text(data).strip("\0")
