from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.annotation.stimuli.files import picture, row, write_manifest


@pytest.fixture(autouse=True)
def media(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Path:
    """A media folder of each test's own, so that every file in it can be counted."""
    folder = tmp_path_factory.mktemp("media")
    settings.MEDIA_ROOT = folder
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four good images with their manifest."""
    for number in range(4):
        (tmp_path / f"{number}.png").write_bytes(picture(number))
    write_manifest(tmp_path / "manifest.csv", [row(number) for number in range(4)])
    return tmp_path
