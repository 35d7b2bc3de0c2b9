"""JPEGs without Pillow's way around; what Pillow reads of the same file is right."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from workbench.core.jpeg import jpeg_pixels

NOISE = Image.merge("RGB", [Image.effect_noise((61, 37), 90) for _ in range(3)])


def _written(**options: Any) -> bytes:
    buffer = io.BytesIO()
    NOISE.save(buffer, "JPEG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"quality": 30, "subsampling": "4:2:0"},
        {"quality": 100, "subsampling": "4:4:4"},
        {"progressive": True},
        {"keep_rgb": True},
        {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"},  # on its side
    ],
    ids=str,
)
def test_a_jpeg_is_read_as_pillow_reads_it(options: dict[str, Any]) -> None:
    data = _written(**options)

    pixels = jpeg_pixels(data)

    assert pixels is not None
    assert np.array_equal(pixels, np.asarray(Image.open(io.BytesIO(data))))


def test_a_damaged_one_is_left_to_a_general_decoder() -> None:
    data = _written()

    for bad in (b"", data[:2], data[:300], data[:-200], b"\x89PNG" + data):
        assert jpeg_pixels(bad) is None
