"""PNG: text chunks before and after the pixels, EXIF, XMP and Content Credentials."""

import zlib
from typing import BinaryIO

from ..limits import MOST_BYTES, MOST_PIECES
from .parts import Parts, read_exactly, read_piece

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_XMP = "XML:com.adobe.xmp"
#: ComfyUI writes its graphs of an animated PNG into chunks of this name, as tEXt does.
_COMFYUI = b"comf"
_WITH_ALPHA = (4, 6)
_WANTED = frozenset({b"IHDR", b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"caBX", _COMFYUI})


def read_png(stream: BinaryIO, parts: Parts) -> None:
    """Fill `parts` from a stream that stands after the signature."""
    for _piece in range(MOST_PIECES):
        head = read_exactly(stream, 8)
        if head is None or head[4:] == b"IEND":
            return
        size, kind = int.from_bytes(head[:4]), head[4:]
        if kind in _WANTED:
            _take(kind.decode(), read_piece(stream, size, parts), parts)
            size = 0
        stream.seek(size + 4, 1)
    parts.damaged = True


def _take(kind: str, data: bytes, parts: Parts) -> None:
    if kind == "IHDR":
        parts.alpha = data[9:10] != b"" and data[9] in _WITH_ALPHA
    elif kind == "eXIf":
        parts.add_exif(data)
    elif kind == "caBX":
        parts.add_credentials(data)
    elif kind == "iTXt":
        _international(data, parts)
    else:
        keyword, _zero, text = data.partition(b"\0")
        if kind == "zTXt":
            text = _inflated(text[1:], parts)
        parts.add_text(keyword.decode("latin-1"), text)


def _international(data: bytes, parts: Parts) -> None:
    """PNG (Third Edition) 11.3.3.4: keyword, compression flag and method, language, translated
    keyword, text."""
    keyword, _zero, rest = data.partition(b"\0")
    compressed = rest[:1] == b"\1"
    _language, _zero, rest = rest[2:].partition(b"\0")
    _translated, _zero, text = rest.partition(b"\0")
    if compressed:
        text = _inflated(text, parts)
    if keyword == _XMP.encode():
        parts.add_xmp(text)
    else:
        parts.add_text(keyword.decode("latin-1"), text)


def _inflated(data: bytes, parts: Parts) -> bytes:
    decompressor = zlib.decompressobj()
    try:
        text = decompressor.decompress(data, MOST_BYTES)
    except zlib.error:
        parts.damaged = True
        return b""
    if not decompressor.eof:
        parts.damaged = True
        return b""
    return text
