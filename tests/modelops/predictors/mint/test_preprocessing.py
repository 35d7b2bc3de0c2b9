"""The transform against the official one, and every kind of file that is not a good image."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from annotation.stimuli.importing.lossless import as_png
from modelops.predictors.errors import UnreadableImageError
from modelops.predictors.mint.preprocessing import PIXEL_MEAN, PIXEL_STD, image_to_pixels, normalise
from tests.shared_data import require_shared

GOLDEN = (
    "grey.png",
    "landscape.jpg",
    "palette.png",
    "portrait.png",
    "rgba.png",
    "small.png",
    "square.png",
)


@pytest.mark.parametrize("name", GOLDEN)
def test_pixels_are_those_of_the_official_transform(name: str) -> None:
    folder = require_shared("golden/mint/preprocess")
    expected = load_file(folder / "expected.safetensors")[name]
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (PIXEL_MEAN, PIXEL_STD))
    found = image_to_pixels(folder / name, 224).float() / 255
    assert float((found - (expected * std + mean)).abs().max()) <= 1 / 255 + 1e-6


def test_normalised_pixels_are_those_of_the_official_transform() -> None:
    folder = require_shared("golden/mint/preprocess")
    # Of a file that is shrunk by less than half: its pixels are Pillow's own.
    expected = load_file(folder / "expected.safetensors")["landscape.jpg"]
    found = normalise(image_to_pixels(folder / "landscape.jpg", 224))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [(512, 512), (448, 450), (597, 896), (1500, 1000), (3000, 300)])
def test_the_vectorised_resize_is_pillow_s_but_for_one_step(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(sum(size)).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    width, height = (int(112 * side / min(size)) for side in size)
    left, top = round((width - 112) / 2), round((height - 112) / 2)
    resized = image.resize((width, height), Image.Resampling.BICUBIC)
    official = np.asarray(resized.crop((left, top, left + 112, top + 112))).astype(int)
    found = image_to_pixels(image, 112).permute(1, 2, 0).numpy()
    assert np.abs(found - official).max() <= 1


@pytest.mark.parametrize("size", [(512, 512), (597, 896), (130, 90), (20, 1200)])
def test_a_file_that_is_read_quickly_gives_the_pixels_that_pillow_s_give(
    size: tuple[int, int], tmp_path: Path
) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    stored, photograph = tmp_path / "stored.png", tmp_path / "photograph.jpg"
    stored.write_bytes(as_png(Image.fromarray(noise)))
    Image.fromarray(noise).save(photograph)
    for path in (stored, photograph):
        with Image.open(path) as image:
            assert torch.equal(image_to_pixels(path, 56), image_to_pixels(image, 56))


def truncated(path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, "PNG")
    path.write_bytes(path.read_bytes()[:3000])


def text(path: Path) -> None:
    path.write_text("not an image")


def empty(path: Path) -> None:
    path.touch()


def tiff(path: Path) -> None:
    Image.new("RGB", (8, 8)).save(path, "TIFF")


def absent(path: Path) -> None:
    return


def twenty_thousand_square(path: Path) -> None:
    Image.new("1", (20_000, 20_000)).save(path, "PNG")


@pytest.mark.parametrize(
    ("write", "fix"),
    [
        (truncated, "damaged or incomplete; put an intact copy in its place"),
        (text, "save it again"),
        (empty, "save it again"),
        (tiff, "save it again"),
        (absent, "the file is missing; restore it from a copy"),
        (twenty_thousand_square, "too many pixels; scale it down"),
    ],
)
def test_a_bad_file_is_named_with_the_fix(
    write: Callable[[Path], None], fix: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad one.png"
    write(path)
    with pytest.raises(UnreadableImageError, match=rf"bad one\.png: .*{fix}"):
        image_to_pixels(path, 28)


def test_an_image_in_memory_needs_no_file() -> None:
    pixels = image_to_pixels(Image.new("RGB", (50, 30), (10, 20, 30)), 28)
    assert pixels.shape == (3, 28, 28)
    assert pixels[:, 0, 0].tolist() == [10, 20, 30]


@pytest.mark.parametrize("size", [(1, 1), (1, 3), (3, 30_000), (30_000, 3)])
def test_odd_shapes_are_fitted(size: tuple[int, int]) -> None:
    pixels = image_to_pixels(Image.new("RGB", size, (200, 100, 0)), 28)
    assert pixels.flatten(1).unique(dim=1).flatten().tolist() == [200, 100, 0]


def test_a_long_strip_is_cut_to_its_middle() -> None:
    strip = Image.new("RGB", (3, 600), (255, 0, 0))
    strip.paste((0, 255, 0), (0, 295, 3, 305))
    assert image_to_pixels(strip, 28)[:, 14, 14].tolist() == [0, 255, 0]


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    path = tmp_path / "print.jpg"
    Image.new("CMYK", (40, 40), (0, 0, 0, 0)).save(path)  # no ink: white
    assert int(image_to_pixels(path, 28).min()) >= 250


def test_sixteen_bit_grey_keeps_its_brightness(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((40, 40), 128 * 256, dtype=np.uint16)).save(path)
    assert image_to_pixels(path, 28).unique().tolist() == [128]


def test_the_first_frame_of_an_animation_counts(tmp_path: Path) -> None:
    path = tmp_path / "moving.webp"
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
    assert image_to_pixels(path, 28)[:, 0, 0].tolist() == [255, 0, 0]
