"""What a rater must not find in a display copy, and what must survive."""

import io

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from annotation.stimuli.importing.stripping import strip_metadata
from tests.annotation.stimuli.files import encoded, quadrants

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


FILES = {"png": _png, "jpg": _jpeg, "webp": _webp}


@pytest.mark.parametrize("suffix", FILES)
def test_the_generator_s_name_is_gone_and_the_picture_is_not(suffix: str) -> None:
    data = FILES[suffix]()
    assert SECRET in data

    stripped = strip_metadata(data, suffix)

    assert SECRET not in stripped
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(stripped)) as after:
        assert after.tobytes() == before.tobytes()


@pytest.mark.parametrize("suffix", FILES)
def test_stripping_twice_is_stripping_once(suffix: str) -> None:
    once = strip_metadata(FILES[suffix](), suffix)

    assert strip_metadata(once, suffix) == once


@pytest.mark.parametrize("suffix", FILES)
def test_what_is_appended_to_the_file_is_left_out(suffix: str) -> None:
    data = FILES[suffix]()

    assert strip_metadata(data + data, suffix) == strip_metadata(data, suffix)


def test_a_progressive_jpeg_keeps_all_its_scans() -> None:
    noise = Image.effect_noise((300, 200), 80)
    data = encoded(noise, "JPEG", progressive=True, quality=95)

    with Image.open(io.BytesIO(strip_metadata(data, "jpg"))) as after:
        assert after.tobytes() == Image.open(io.BytesIO(data)).tobytes()


def test_a_jpeg_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="end of the image"):
        strip_metadata(_jpeg()[:-2], "jpg")
