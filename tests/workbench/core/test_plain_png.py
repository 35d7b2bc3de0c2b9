"""Pictures as they are stored, read back; what Pillow reads of the same file is right."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from annotation.stimuli.importing.lossless import as_png
from workbench.core.plain_png import plain_pixels

NOISE = Image.merge("RGB", [Image.effect_noise((61, 37), 90) for _ in range(3)])
STORED = as_png(NOISE)


@pytest.mark.parametrize("size", [(61, 37), (1, 1), (16, 300), (2048, 2)])
def test_a_stored_picture_is_read_as_pillow_reads_it(size: tuple[int, int]) -> None:
    data = as_png(NOISE.resize(size))

    pixels = plain_pixels(data)

    assert pixels is not None
    assert np.array_equal(pixels, np.asarray(Image.open(io.BytesIO(data))))


def test_pixels_follow_from_the_specification() -> None:
    """PNG 9.2: two lines by hand, the second as differences from the first, modulo 256."""
    lines = bytes([2, 250, 1, 2, 2, 10, 0, 255])
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 1, 2, 8, 2, 0, 0, 0)), (b"IDAT", lines)]
    data = b"\x89PNG\r\n\x1a\n"
    for kind, content in [*chunks, (b"IEND", b"")]:
        body = zlib.compress(content) if kind == b"IDAT" else content
        crc = zlib.crc32(kind + body)
        data += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    pixels = plain_pixels(data)

    assert pixels is not None
    assert pixels.tolist() == [[[250, 1, 2]], [[4, 1, 1]]]


def _written(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def _changed(place: int) -> bytes:
    return STORED[:place] + bytes([STORED[place] ^ 1]) + STORED[place + 1 :]


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"",
        lambda: _written(NOISE, "JPEG"),
        lambda: _written(NOISE),  # other filters
        lambda: _written(NOISE.convert("RGBA")),
        lambda: STORED[:-20],
        lambda: STORED + b"more",
        lambda: _changed(60),  # its checksum is another
        lambda: STORED[:16] + struct.pack(">I", 60) + STORED[20:],
    ],
)
def test_any_other_file_is_left_to_a_general_decoder(make: Callable[[], bytes]) -> None:
    assert plain_pixels(make()) is None
