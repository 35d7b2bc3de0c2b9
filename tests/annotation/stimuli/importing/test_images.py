"""Checks and renderings of single images; expected pixels are those that were painted.

Long because it is one list of what an image may be.
"""

import hashlib
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageChops, ImageCms
from PIL.PngImagePlugin import PngInfo

from annotation.stimuli.importing import images, picture
from annotation.stimuli.importing.images import check_image
from annotation.stimuli.importing.problems import ImageError
from tests.annotation.stimuli.files import (
    animated,
    encoded,
    png_that_claims,
    quadrants,
    turned_jpeg,
)
from tests.annotation.stimuli.pictures import coloured_png
from tests.factories import png
from tests.shared_data import require_shared
from workbench.core.pixels import PixelBudget

GREY = Image.effect_noise((200, 120), 60)
NOISE = Image.merge("RGB", [Image.effect_noise((200, 120), 60) for _ in range(3)])


def _opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def _png_chunks(data: bytes) -> list[bytes]:
    """The types of a PNG's chunks, in their order."""
    found, at = [], 8
    while at < len(data):
        found.append(data[at + 4 : at + 8])
        at += 12 + int.from_bytes(data[at : at + 4])
    return found


def _largest_difference(first: Image.Image, second: Image.Image) -> int:
    extrema = ImageChops.difference(first.convert("RGB"), second.convert("RGB")).getextrema()
    return max(high for _, high in extrema)  # type: ignore[misc] # three bands give three pairs


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 90}),
        ("JPEG", {"quality": 90, "progressive": True}),
        ("PNG", {}),
        ("WEBP", {"quality": 80}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_an_upright_srgb_image_is_shown_pixel_by_pixel_in_one_format(
    kind: str, options: dict[str, object]
) -> None:
    data = encoded(NOISE, kind, **options)

    checked = check_image("a", data)

    assert (checked.width, checked.height) == (200, 120)
    assert checked.original.data == data
    assert checked.original.digest == hashlib.sha256(data).hexdigest()
    assert (checked.display.suffix, checked.thumbnail.suffix) == ("png", "jpg")
    assert _png_chunks(checked.display.data) == [b"IHDR", b"IDAT", b"IEND"]
    assert _largest_difference(_opened(checked.display.data), _opened(data)) == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_applied_to_the_pixels(orientation: int) -> None:
    checked = check_image("a.jpg", turned_jpeg(orientation))

    # EXIF 2.3, tag 0x0112: where the stored first row and first column belong.
    corners = {
        1: ("red", "lime", "blue", "white"),
        2: ("lime", "red", "white", "blue"),
        3: ("white", "blue", "lime", "red"),
        4: ("blue", "white", "red", "lime"),
        5: ("red", "blue", "lime", "white"),
        6: ("blue", "red", "white", "lime"),
        7: ("white", "lime", "blue", "red"),
        8: ("lime", "white", "red", "blue"),
    }[orientation]
    size = (64, 48) if orientation < 5 else (48, 64)
    for file in (checked.display, checked.thumbnail):
        shown = _opened(file.data).convert("RGB")
        assert shown.size == (checked.width, checked.height) == size
        assert not shown.getexif()
        for colour, place in zip(corners, [(8, 8), (-8, 8), (8, -8), (-8, -8)], strict=True):
            left, top = place[0] % size[0], place[1] % size[1]
            pixel = shown.crop((left, top, left + 1, top + 1))
            assert _largest_difference(pixel, Image.new("RGB", (1, 1), colour)) < 40


def test_a_turned_image_loses_nothing_in_its_display_copy() -> None:
    data = turned_jpeg(3)

    checked = check_image("a.jpg", data)

    turned = _opened(data).transpose(Image.Transpose.ROTATE_180)
    assert _largest_difference(_opened(checked.display.data), turned) == 0


def test_a_large_image_is_reduced_for_display_and_kept_whole() -> None:
    data = encoded(Image.new("RGB", (4096, 1024), "teal"), "PNG")

    checked = check_image("a.png", data)

    assert (checked.width, checked.height) == (4096, 1024)
    assert checked.original.data == data
    assert _opened(checked.display.data).size == (2048, 512)
    assert checked.exact is not None
    assert _largest_difference(_opened(checked.exact.data), _opened(data)) == 0
    assert _opened(checked.thumbnail.data).size == (293, 74)


def test_every_pixel_of_a_large_image_is_kept_for_showing_without_its_metadata() -> None:
    image = NOISE.resize((2100, 40), Image.Resampling.NEAREST)
    exif = Image.Exif()
    exif[0x0112] = 3  # EXIF 2.32, 4.6.4: turned by half a turn
    exif[0x0131] = "stable-diffusion"

    checked = check_image("a.png", encoded(image, "PNG", exif=exif))

    assert checked.exact
    shown = _opened(checked.exact.data)
    assert _largest_difference(shown, image.transpose(Image.Transpose.ROTATE_180)) == 0
    assert not shown.getexif()
    assert _opened(checked.display.data).size == (2048, 39)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("size", "display", "thumbnail"),
    [
        ((16, 16), (16, 16), (16, 16)),
        # Blocks of seven pixels: 292.6, and 73.1.
        ((16383, 16), (2048, 2), (293, 1)),
        ((16, 16383), (2, 2048), (1, 293)),
        ((16383, 4096), (2048, 512), (293, 74)),
    ],
)
def test_documented_sizes_work_to_their_limits(
    kind: str, size: tuple[int, int], display: tuple[int, int], thumbnail: tuple[int, int]
) -> None:
    checked = check_image("a", encoded(Image.new("RGB", size, "teal"), kind))

    assert (checked.width, checked.height) == size
    assert _opened(checked.display.data).size == display
    assert _opened(checked.thumbnail.data).size == thumbnail
    exact = checked.exact or checked.display
    assert _opened(exact.data).size == size


@pytest.mark.parametrize("size", [(15, 16), (16, 15), (16384, 16), (16, 16384), (16383, 4097)])
def test_sizes_beyond_the_limits_are_refused_by_name(size: tuple[int, int]) -> None:
    with pytest.raises(
        ImageError, match=r'image "a" (is \d+ × \d+ pixels|would unpack to too many)'
    ):
        check_image("a", encoded(Image.new("L", size), "PNG"))


def test_a_small_image_is_not_enlarged() -> None:
    checked = check_image("a.png", encoded(quadrants(), "PNG"))

    assert checked.exact is None
    assert _opened(checked.thumbnail.data).size == (64, 48)


def test_transparent_parts_are_shown_on_white() -> None:
    image = Image.new("RGBA", (32, 32), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 16, 32))

    display = _opened(check_image("a.png", encoded(image, "PNG")).display.data)

    assert display.mode == "RGB"
    assert display.getpixel((4, 4)) == (0, 0, 255)
    assert display.getpixel((28, 4)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "I;16", "RGBA"])
def test_every_mode_of_png_becomes_the_colours_it_means(mode: str) -> None:
    if mode == "I;16":
        image = Image.new("I;16", (32, 32), 128 * 257)
    else:
        grey = Image.new("RGB", (32, 32), (128, 128, 128))
        image = grey.quantize() if mode == "P" else grey.convert(mode)

    shown = _opened(check_image("a.png", encoded(image, "PNG")).display.data).convert("RGB")

    expected = image.convert("RGB") if mode == "1" else Image.new("RGB", (32, 32), (128,) * 3)
    assert _largest_difference(shown, expected) <= 1


def test_a_cmyk_jpeg_is_shown_in_rgb() -> None:
    data = encoded(Image.new("CMYK", (32, 32), (0, 255, 255, 0)), "JPEG", quality=95)

    shown = _opened(check_image("a.jpg", data).display.data)

    assert shown.mode == "RGB"
    assert _largest_difference(shown, Image.new("RGB", (32, 32), "red")) < 12


def _profile_with_red_and_green_exchanged() -> bytes:
    """The sRGB profile under another name, its red primary called green and the reverse."""
    data: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = data.replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be"))
    return data.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_colours_of_another_profile_are_converted(kind: str) -> None:
    image = Image.new("RGB", (32, 32), (120, 90, 60))
    data = encoded(image, kind, icc_profile=_profile_with_red_and_green_exchanged(), quality=100)

    shown = _opened(check_image("a", data).display.data)

    assert "icc_profile" not in shown.info
    assert _largest_difference(shown, Image.new("RGB", (32, 32), (90, 120, 60))) <= 2


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_an_srgb_profile_is_left_out_and_no_pixel_moves(kind: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(NOISE, kind, icc_profile=profile)

    display = check_image("a", data).display

    assert "icc_profile" not in _opened(display.data).info
    assert _largest_difference(_opened(display.data), _opened(data)) == 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is an empty file"),
        (b"just text, long enough to be read", "is not an image that can be read"),
        (b"<html>404</html>", "is HTML, SVG or XML"),
        (encoded(quadrants(), "GIF"), "is GIF"),
        (encoded(quadrants(), "TIFF"), "is TIFF"),
        (encoded(quadrants(), "BMP"), "is BMP"),
        (encoded(Image.new("RGB", (1, 1)), "PNG"), "is 1 × 1 pixels"),
        (encoded(Image.new("RGB", (15, 400)), "PNG"), "is 15 × 400 pixels"),
        (animated("PNG"), r"is animated \(2 frames\)"),
        (animated("WEBP"), r"is animated \(2 frames\)"),
        (encoded(NOISE, "JPEG")[:-2000], "is damaged"),
        (encoded(NOISE, "PNG")[:-20000], "is damaged"),
        (encoded(NOISE, "WEBP")[:-2000], "is damaged"),
        (png_that_claims(64, 64), "is damaged"),
        (png_that_claims(9000, 9000), "would unpack to too many pixels"),
        (png_that_claims(30000, 30000), "would unpack to too many pixels"),
        (png_that_claims(20000, 20), "would unpack to too many pixels"),
        (b"\x89PNG\r\n\x1a\n", "is damaged|not an image"),
    ],
)
def test_what_cannot_be_shown_is_named_with_a_fix(data: bytes, message: str) -> None:
    with pytest.raises(ImageError, match=f'image "a.png" {message}') as caught:
        check_image("a.png", data)

    assert caught.value.advice()


def test_a_changed_byte_in_a_png_is_found() -> None:
    data = bytearray(encoded(NOISE, "PNG"))
    data[len(data) // 2] ^= 0xFF

    with pytest.raises(ImageError, match="damaged"):
        check_image("a.png", bytes(data))


def test_the_content_and_not_the_name_says_what_it_is() -> None:
    assert check_image("a.png", encoded(NOISE, "JPEG")).original.suffix == "jpg"


def test_a_camera_s_second_picture_is_no_animation() -> None:
    data = encoded(quadrants(), "MPO", save_all=True, append_images=[quadrants((32, 24))])

    checked = check_image("a.jpg", data)

    assert (checked.width, checked.height) == (64, 48)
    assert checked.display.suffix == "png"


def test_the_real_sample_is_shown_byte_for_byte_alike() -> None:
    folder = require_shared("data/sample_images")
    for path in sorted(folder.glob("*.jpg"))[:5]:
        display = check_image(path.name, path.read_bytes()).display

        assert _largest_difference(_opened(display.data), Image.open(path)) == 0


@pytest.mark.parametrize("size", [(16383, 16), (16, 16383), (16, 16), (2049, 16)])
def test_any_ratio_within_the_limits_has_a_thumbnail(size: tuple[int, int]) -> None:
    """320 : 0.3 pixels is no picture."""
    checked = check_image("a.png", png(1, size))
    assert (checked.width, checked.height) == size
    for file, least, most in ((checked.thumbnail, 256, 320), (checked.display, 2048, 2048)):
        with Image.open(io.BytesIO(file.data)) as image:
            assert min(least, max(size)) <= max(image.size) <= most
            assert min(image.size) >= 1


@pytest.mark.parametrize(
    ("side", "small"), [(320, 320), (384, 320), (512, 256), (640, 320), (1000, 320), (1024, 256)]
)
def test_a_thumbnail_keeps_the_mean_of_what_it_joins(side: int, small: int) -> None:
    stripes = Image.new("L", (side, side))
    stripes.putdata([255 * (column % 2) for _row in range(side) for column in range(side)])

    shown = _opened(check_image("a.png", encoded(stripes, "PNG")).thumbnail.data)

    assert shown.size == (small, small)
    middle = shown.convert("L").resize((1, 1), Image.Resampling.BOX)
    assert abs(middle.tobytes()[0] - 127.5) <= 1.5


def test_pixels_are_held_while_an_image_is_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    budget = PixelBudget(10_000)
    monkeypatch.setattr(images, "IN_FLIGHT", budget)
    held: list[int] = []
    thumbnail = images._thumbnail

    def watched(image: Image.Image) -> bytes:
        held.append(budget._held)
        return thumbnail(image)

    monkeypatch.setattr(images, "_thumbnail", watched)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: check_image("a.png", png(number, (64, 64))), range(24)))
    assert len(held) == 24
    assert set(held) <= {4096, 8192}
    assert budget._held == 0


def test_a_picture_is_the_same_however_many_strips_it_is_made_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = quadrants((2500, 200)).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    data = encoded(image, "PNG")
    whole = check_image("a.png", data).exact
    monkeypatch.setattr(picture, "_STRIP_PIXELS", 7777)
    striped = check_image("a.png", data).exact
    assert whole is not None
    assert striped is not None
    with Image.open(io.BytesIO(whole.data)) as one, Image.open(io.BytesIO(striped.data)) as other:
        assert one.tobytes() == other.tobytes()


SECRET = b"stable-diffusion"


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0131] = SECRET.decode()  # Software
    return exif


def _png() -> bytes:
    text = PngInfo()
    text.add_text("parameters", SECRET.decode())
    text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return encoded(quadrants(), "PNG", pnginfo=text, exif=_exif())


def _jpeg() -> bytes:
    xmp = b"<x>" + SECRET + b"</x>"
    return encoded(quadrants(), "JPEG", exif=_exif(), comment=SECRET, xmp=xmp, quality=90)


def _webp() -> bytes:
    return encoded(quadrants(), "WEBP", exif=_exif(), xmp=SECRET)


@pytest.mark.parametrize("made", [_png, _jpeg, _webp])
def test_the_generator_s_name_is_gone_and_the_picture_is_not(made: Callable[[], bytes]) -> None:
    data = made()
    assert SECRET in data

    checked = check_image("a", data + SECRET)

    for file in (checked.display, checked.thumbnail):
        assert SECRET not in file.data
    with Image.open(io.BytesIO(data)) as before:
        assert _opened(checked.display.data).tobytes() == before.tobytes()


def test_what_a_display_copy_is_made_of_does_not_show_in_its_file() -> None:
    """The same pixels from a PNG and from a WebP: one file."""
    first, second = encoded(NOISE, "PNG"), encoded(NOISE, "WEBP", lossless=True)

    assert check_image("a", first).display == check_image("a", second).display


@pytest.mark.parametrize(("transfer", "primaries"), [(16, 9), (18, 9)])
def test_an_image_for_hdr_screens_is_refused(transfer: int, primaries: int) -> None:
    data = coloured_png((b"cICP", bytes((primaries, transfer, 0, 1))))

    with pytest.raises(ImageError, match="is for HDR screens"):
        check_image("a.png", data)
