"""The real sample: 36 generated images with long prompts."""

from pathlib import Path

import pytest

from annotation.models import Stimulus, Study
from annotation.stimuli.imports.service import import_manifest
from tests.shared_data import require_shared


@pytest.fixture
def manifest() -> Path:
    return require_shared("data/sample_images/manifest.csv")


def test_all_rows_are_imported_and_a_second_run_changes_nothing(
    study: Study, manifest: Path
) -> None:
    first = import_manifest(study=study, manifest=manifest)
    before = list(Stimulus.objects.order_by("pk").values())
    second = import_manifest(study=study, manifest=manifest)

    assert (first.imported, first.rejected) == (36, [])
    assert (second.imported, second.updated, second.unchanged) == (0, 0, 36)
    assert list(Stimulus.objects.order_by("pk").values()) == before
