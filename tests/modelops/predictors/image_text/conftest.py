"""One small model of each family for all tests of the package."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.modelops.predictors.image_text.models import write_clip, write_siglip

WRITERS = {"clip": write_clip, "siglip": write_siglip}


@pytest.fixture(scope="package")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("image-text")
    return {name: write(place / name) for name, write in WRITERS.items()}


@pytest.fixture(params=list(WRITERS))
def folder(request: pytest.FixtureRequest, folders: dict[str, Path]) -> Path:
    """Of either family; not to be changed."""
    return folders[request.param]


@pytest.fixture
def copied(folders: dict[str, Path], tmp_path: Path) -> Path:
    """A CLIP model that a test may spoil."""
    return Path(shutil.copytree(folders["clip"], tmp_path / "copied"))


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    """Wide, tall, grey, with a palette, and transparent."""
    rng = np.random.default_rng(0)
    paths = []
    for number, (size, mode) in enumerate(
        [((90, 40), "RGB"), ((30, 55), "RGB"), ((40, 40), "L"), ((28, 28), "P"), ((64, 33), "RGBA")]
    ):
        pixels = rng.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(pixels).convert(mode).save(paths[-1])
    return paths
