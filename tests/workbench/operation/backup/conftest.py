from pathlib import Path

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture
def own_storages(tmp_path: Path, settings: Settings) -> Path:
    """Folders of the site with nothing in them, unlike those that other tests wrote to."""
    folder = tmp_path / "site"
    settings.MEDIA_ROOT = folder / "media"
    artifacts = {**settings.STORAGES["artifacts"], "OPTIONS": {"location": folder / "artifacts"}}
    settings.STORAGES = {**settings.STORAGES, "artifacts": artifacts}
    return folder
