"""AVIF: Pillow gives the EXIF and XMP items."""

from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from .parts import Parts

#: What Pillow and libavif raise for damaged files.
_DAMAGE = (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError, RuntimeError)


def is_avif(head: bytes) -> bool:
    """Whether the first bytes of a file say that it is an AVIF still or sequence."""
    return head[4:8] == b"ftyp" and (b"avif" in head[8:] or b"avis" in head[8:])


def read_avif(stream: BinaryIO, parts: Parts) -> None:
    """Fill `parts` from a stream that stands at its start; no pixel is decoded."""
    stream.seek(0)
    try:
        with Image.open(stream, formats=["AVIF"]) as image:
            exif, xmp = image.info.get("exif", b""), image.info.get("xmp", b"")
    except _DAMAGE:
        parts.damaged = True
        return
    if exif:
        parts.add_exif(exif)
    if xmp:
        parts.add_xmp(xmp)
