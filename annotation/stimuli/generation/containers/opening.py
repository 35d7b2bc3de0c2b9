"""Which container a file is, told by its first bytes, and its records."""

from typing import BinaryIO

from ..records import Records
from . import jpeg, png
from .avif import is_avif, read_avif
from .parts import Parts
from .webp import read_webp


def records_of(stream: BinaryIO, name: str) -> Records | None:
    """The records of the file in `stream`, which is read from its start; None if it is no PNG,
    JPEG, WebP or AVIF. Raises OSError if it cannot be read."""
    stream.seek(0)
    head = stream.read(32)
    parts = Parts()
    if head.startswith(png.SIGNATURE):
        stream.seek(len(png.SIGNATURE))
        png.read_png(stream, parts)
    elif head.startswith(jpeg.SIGNATURE):
        stream.seek(len(jpeg.SIGNATURE))
        jpeg.read_jpeg(stream, parts)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        stream.seek(12)
        read_webp(stream, parts)
    elif is_avif(head):
        read_avif(stream, parts)
    else:
        return None
    return Records(
        name=name,
        texts=parts.texts,
        exif=parts.exif,
        xmp=parts.xmp,
        credentials=parts.credentials,
        damaged=parts.damaged,
        alpha=parts.alpha,
    )
