"""Bytes of text chunks and of Exif comments as text."""

import unicodedata
from collections.abc import Callable

#: Exif 3.0, table 9: the first eight bytes of a comment name its character code.
_HEADER = 8
_UTF16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def plain_text(data: bytes) -> str:
    """UTF-8 if it is valid, else Latin-1: tools write UTF-8 where the PNG rule says Latin-1."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def comment_text(data: bytes) -> str:
    """An Exif comment with or without a header that names its character code."""
    decode = _DECODERS.get(data[:_HEADER].upper())
    text = unmarked_text(data) if decode is None else decode(data[_HEADER:])
    return text.strip("\0")


def unmarked_text(data: bytes) -> str:
    """Bytes of an unnamed code: UTF-16 if they begin with its mark or many are zero."""
    if data[:2] in _UTF16_MARKS or data.rstrip(b"\0").count(0) * 4 > len(data):
        return utf16_text(data)
    return plain_text(data)


def utf16_text(data: bytes) -> str:
    """UTF-16 of the order that the bytes themselves show. Some tools name it and write UTF-8."""
    if data[:2] in _UTF16_MARKS:
        return data[2:].decode(_UTF16_MARKS[data[:2]], "replace")
    ended = data.rstrip(b"\0")
    if 0 not in ended and _is_utf8(ended):
        return ended.decode()
    # Latin letters, spaces and line breaks have a zero as their high byte.
    high, low = data[0::2].count(0), data[1::2].count(0)
    if high != low:
        return data.decode("utf-16-be" if high > low else "utf-16-le", "replace")
    return max(
        (data.decode(code, "replace") for code in ("utf-16-be", "utf-16-le")), key=_plausibility
    )


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _plausibility(text: str) -> int:
    """How many of the first characters are letters and marks that people write."""
    return sum(unicodedata.category(letter)[0] in "LNPZ" for letter in text[:2000])


def _japanese(data: bytes) -> str:
    try:
        return data.rstrip(b"\0").decode("iso2022_jp")
    except UnicodeDecodeError:
        return plain_text(data)


_DECODERS: dict[bytes, Callable[[bytes], str]] = {
    b"UNICODE\0": utf16_text,
    b"ASCII\0\0\0": unmarked_text,
    b"JIS\0\0\0\0\0": _japanese,
    b"\0" * _HEADER: unmarked_text,
}
