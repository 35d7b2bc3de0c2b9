"""The picture that a person sees of an image file: what rater and model both get.

It is what a current browser (Chromium) shows on white: its turn, its colours in sRGB, eight bits a
channel, nothing transparent. Decided by the file's content alone. Decoders are Pillow's; tables of
colours are read by LittleCMS; what a browser heeds of a file and what not is in `orientation` and
`colours`, and held against Chromium itself by tests/e2e/test_one_picture.py.
"""

import io
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageCms

from . import colours, profiles
from .containers import png_chunks
from .orientation import turn_of

#: Counts the rules by which pictures are made: a stimulus rendered by others is rendered again by
#: the next import of its row.
RENDERING = 1

#: Images are converted so many pixels at a time.
_STRIP_PIXELS = 2**19
_SRGB = ImageCms.createProfile("sRGB")
_NUMBERS_PER_PIXEL = {"CMYK": "CMYK", "L": "GRAY", "RGB": "RGB"}

Conversion = Callable[[Image.Image], Image.Image]
# What one thread frees is kept for that thread alone, unless it is a piece of more than 32 MiB,
# which goes back to the system (mallopt(3)); Pillow's pieces are of 16.
Image.core.set_block_size(64 * 2**20)  # type: ignore[attr-defined] # missing in its types


class HighDynamicRangeError(ValueError):
    """How bright such an image is shown depends on the screen: there is no one picture of it."""


def picture_of(image: Image.Image, data: bytes) -> Image.Image:
    """`image`, which was opened from `data`, as a browser shows it: RGB, upright, in sRGB.

    `image` is closed if another is made of it. Raises what Pillow raises on damaged files, and
    HighDynamicRangeError.
    """
    image.load()
    convert = _conversion(image, data)
    shown = image
    if image.mode != "RGB" or convert or image.has_transparency_data:
        shown = _converted(image, convert, data)
        image.close()
    turn = turn_of(data)
    upright = shown if turn is None else shown.transpose(turn)
    upright.info = {}  # Pillow would write a JPEG's comment into the next file
    return upright


def strips(size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """Boxes from top to bottom, of up to _STRIP_PIXELS or one line."""
    width, height = size
    lines = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, lines):
        yield 0, top, width, min(top + lines, height)


def _converted(image: Image.Image, convert: Conversion | None, data: bytes) -> Image.Image:
    """Strip by strip, as each step makes a copy. Colours come first: what is transparent is mixed
    with white in sRGB."""
    mark = _transparent_value(image, data)
    if mark is not None:
        image.info["transparency"] = mark
    result = Image.new("RGB", image.size)
    for box in strips(image.size):
        result.paste(_strip(image.crop(box), convert), box)
    return result


def _strip(image: Image.Image, convert: Conversion | None) -> Image.Image:
    if image.mode.startswith("I"):  # 16-bit grey, which convert() would clip
        image = _eight_bits(image)
    if not image.has_transparency_data:
        return convert(image) if convert else image.convert("RGB")
    coloured = image.convert("RGBA")
    plain = convert(coloured.convert("RGB")) if convert else coloured.convert("RGB")
    result = Image.new("RGB", image.size, "white")
    result.paste(plain, mask=coloured.getchannel("A"))
    return result


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits in 8, or with an alpha of 8 if one of its values is transparent."""
    values = np.asarray(image).astype(np.int64)
    grey = Image.fromarray((values >> 8).astype(np.uint8))
    transparent = image.info.get("transparency")
    if transparent is None:
        return grey
    opaque = Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8))
    return Image.merge("LA", (grey, opaque))


def _transparent_value(image: Image.Image, data: bytes) -> int | tuple[int, ...] | None:
    """A PNG names its transparent colour in its own bits; Pillow makes the pixels of eight and
    leaves that colour as it is. None if nothing is to be changed."""
    depth = png_chunks(data).get(b"IHDR", bytes(9))[8]
    value = image.info.get("transparency")
    if image.mode == "L" and isinstance(value, int) and 0 < depth < 8:
        return int(value * 255 // (2**depth - 1))
    if image.mode == "RGB" and isinstance(value, tuple) and depth == 16:
        return tuple(number >> 8 for number in value)
    return None


def _conversion(image: Image.Image, data: bytes) -> Conversion | None:
    """From the image without transparency to sRGB; None if its numbers mean sRGB."""
    chunks = png_chunks(data)
    coded = chunks.get(b"cICP", b"")
    if colours.is_high_dynamic_range(coded):
        raise HighDynamicRangeError("its brightness is that of HDR screens")
    found = colours.cicp_colours(coded)
    if found is None and coded[2:] != b"\0\1":
        profile: bytes = image.info.get("icc_profile") or b""
        if profiles.space_of(profile):
            return _by_profile(image, profile)
        found = colours.png_colours(chunks)
    return None if found is None or found.is_srgb else _by(found)


def _by(found: colours.Colours) -> Conversion:
    def convert(image: Image.Image) -> Image.Image:
        return Image.fromarray(found.in_srgb(np.asarray(image.convert("RGB"))))

    return convert


def _by_profile(image: Image.Image, profile: bytes) -> Conversion | None:
    """None if the profile is sRGB's, or for another kind of image: browsers heed it no more."""
    space = profiles.space_of(profile)
    if space != "RGB" and space != _NUMBERS_PER_PIXEL.get(image.mode):
        return None
    if image.mode == "CMYK" and space == "RGB":
        return None
    intent = profiles.table_of(profile)
    if intent is not None and space != "GRAY":
        return _by_table(profile, space, intent)
    found = profiles.profile_colours(profile)
    return None if found is None or found.is_srgb else _by(found)


def _by_table(profile: bytes, mode: str, intent: int) -> Conversion | None:
    """None if LittleCMS cannot read it."""
    try:
        transform = ImageCms.buildTransform(
            io.BytesIO(profile), _SRGB, mode, "RGB", ImageCms.Intent(intent)
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None

    def convert(image: Image.Image) -> Image.Image:
        source = image if image.mode == mode else image.convert(mode)
        converted = ImageCms.applyTransform(source, transform)
        assert converted is not None  # noqa: S101 -- not in place
        return converted

    return convert
