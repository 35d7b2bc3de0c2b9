"""Which way up an image is shown, as browsers decide it."""

import struct

from PIL import Image

from .containers import exif_block

_ORIENTATION = 0x0112
#: Of an EXIF value: a 16-bit number. Others (a 32-bit one is seen) are no orientation.
_SHORT = 3
#: EXIF 2.32, 4.6.4: what makes an image upright that is stored so.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def turn_of(data: bytes) -> Image.Transpose | None:
    """What makes the image in `data` upright; None if it is.

    Pillow would also follow an XMP packet, a PNG's text chunk and a WebP's EXIF, which browsers do
    not.
    """
    return _TURNS.get(_orientation(exif_block(data)))


def _orientation(block: bytes) -> int:
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None or len(block) < 8:
        return 1
    (at,) = struct.unpack_from(f"{order}I", block, 4)
    if at + 2 > len(block):
        return 1
    (count,) = struct.unpack_from(f"{order}H", block, at)
    for place in range(at + 2, min(at + 2 + 12 * count, len(block) - 11), 12):
        tag, kind, number, value = struct.unpack_from(f"{order}HHIH", block, place)
        if (tag, kind, number) == (_ORIENTATION, _SHORT, 1):
            return int(value)
    return 1
