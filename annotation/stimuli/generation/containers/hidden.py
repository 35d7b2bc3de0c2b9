"""A record in the lowest bits of the alpha channel, by columns, as NovelAI and a web UI's extension
write it: a name of 15 letters, a length in bits, the record, plain or compressed by gzip."""

import zlib
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ..decoding import plain_text
from ..limits import MOST_BYTES, MOST_PIXELS

_PLAIN, _COMPRESSED = b"stealth_pnginfo", b"stealth_pngcomp"
_NAME_BITS, _LENGTH_BITS = 8 * len(_PLAIN), 32
_START = _NAME_BITS + _LENGTH_BITS
_DAMAGE = (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError)


def hidden_text(stream: BinaryIO) -> str | None:
    """The record hidden in the image's alpha channel, or None. Decodes the image, if it has an
    alpha channel and no more than `MOST_PIXELS`."""
    alpha = _alpha(stream)
    if alpha is None:
        return None
    head = _bits(alpha, 0, _START)
    name, length = head[: _NAME_BITS // 8], int.from_bytes(head[_NAME_BITS // 8 :])
    if name not in (_PLAIN, _COMPRESSED) or not 0 < length <= min(alpha.size, 8 * MOST_BYTES):
        return None
    data = _bits(alpha, _START, _START + length)
    if name == _COMPRESSED:
        data = _inflated(data)
    return plain_text(data) or None


def _alpha(stream: BinaryIO) -> NDArray[np.uint8] | None:
    stream.seek(0)
    try:
        with Image.open(stream, formats=["PNG", "WEBP"]) as image:
            if image.width * image.height > MOST_PIXELS or "A" not in image.getbands():
                return None
            return np.asarray(image.getchannel("A"))
    except _DAMAGE:
        return None


def _bits(alpha: NDArray[np.uint8], start: int, end: int) -> bytes:
    """Bits `start` to `end` in the order of columns, eight to a byte, the first the highest."""
    columns = alpha[:, : -(-end // max(1, alpha.shape[0]))]
    return np.packbits(columns.T.reshape(-1)[start:end] & 1).tobytes()


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(data, MOST_BYTES)
    except zlib.error:
        return b""
