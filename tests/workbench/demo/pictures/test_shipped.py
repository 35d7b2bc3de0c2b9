"""The files that the project ships: complete, small, and what the script makes."""

import csv
import io

import numpy as np
import pytest
from PIL import Image

from workbench.demo.pictures.make import SEED, flaws_of, orders, paint
from workbench.demo.pictures.shipped import FOLDER
from workbench.demo.seed import Plan
from workbench.demo.world import read_truth

PURPOSES = ("main", "practice", "gold")
#: Bytes of all files together.
LARGEST = 3_000_000


def test_there_is_a_picture_of_every_subject_by_every_generator_and_nothing_else() -> None:
    files = {path.name for path in FOLDER.glob("*/images/*")}
    assert files == {order.filename for order in orders(SEED)}
    assert len(list((FOLDER / "main" / "images").iterdir())) == Plan().images


def test_all_files_together_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < LARGEST


def test_every_picture_opens_and_carries_nothing_else() -> None:
    for path in FOLDER.glob("*/images/*"):
        with Image.open(path) as image:
            image.load()
            assert (image.format, image.size, image.mode) == ("WEBP", (512, 512), "RGB")
            assert not set(image.info) & {"exif", "icc_profile", "xmp"}


def test_manifest_and_truth_say_what_was_ordered() -> None:
    wanted = {order.filename: order for order in orders(SEED)}
    for purpose in PURPOSES:
        truth = read_truth(FOLDER / purpose / "truth.json")
        for row in csv.DictReader((FOLDER / purpose / "manifest.csv").open()):
            order = wanted[row["filename"]]
            assert (row["prompt"], row["generator"]) == (
                order.subject.prompt,
                order.generator.name,
            )
            assert truth[row["filename"]].flaws == flaws_of(order)


@pytest.mark.slow
@pytest.mark.parametrize("filename", ["fruit-3.webp", "sailboat-2.webp"])
def test_the_script_makes_what_is_shipped(filename: str) -> None:
    """Up to what sums in another order and another version of the codec may change."""
    (order,) = (order for order in orders(SEED) if order.filename == filename)
    made = np.asarray(Image.open(io.BytesIO(paint(order).data)), dtype=np.float32)
    shipped = np.asarray(Image.open(FOLDER / "main" / "images" / filename), dtype=np.float32)
    assert np.abs(made - shipped).mean() < 1.5
