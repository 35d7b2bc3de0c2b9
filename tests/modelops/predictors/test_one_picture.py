"""The model reads the picture that raters see, not the stored original."""

import numpy as np
import pytest
from django.core.files.storage import default_storage
from numpy.typing import NDArray
from PIL import Image

from annotation.models import Stimulus, Study
from annotation.stimuli.importing.images import picture_in
from annotation.stimuli.imports.service import import_manifest
from modelops.predictors.embedding import StimulusEmbedder, image_files
from modelops.predictors.mint.preprocessing import image_to_pixels
from tests.shared_data import require_shared

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases(study: Study) -> dict[str, Stimulus]:
    folder = require_shared("cases/01-rater-and-model")
    assert import_manifest(study=study, manifest=folder / "manifest.csv").imported == 5
    return {stimulus.filename: stimulus for stimulus in Stimulus.objects.select_related("prompt")}


def read(stimulus: Stimulus) -> NDArray[np.int64]:
    """What a model with images of 64 pixels gets."""
    with image_files([stimulus]) as (path,):
        return image_to_pixels(path, 64).numpy().astype(np.int64)


@pytest.mark.parametrize(
    ("name", "twin", "most"),
    [("exif6.jpg", "upright.jpg", 12), ("alpha_red_below.png", "on_white.png", 0)],
)
def test_twins_for_the_eye_are_twins_for_the_model(
    cases: dict[str, Stimulus], name: str, twin: str, most: int
) -> None:
    """The first two are JPEGs of their own, so that they differ as compression does."""
    assert np.abs(read(cases[name]) - read(cases[twin])).max() <= most


def test_the_model_reads_the_file_that_raters_are_served(cases: dict[str, Stimulus]) -> None:
    for stimulus in cases.values():
        with (
            image_files([stimulus]) as (path,),
            Image.open(path) as file,
            default_storage.open(str(stimulus.display.name)) as served,
            Image.open(served) as shown,
            stimulus.image.open() as original,
        ):
            # As an upload is assessed.
            assessed = picture_in(stimulus.filename, original.read())
            assert file.tobytes() == shown.tobytes() == assessed.tobytes(), stimulus.filename


def test_another_picture_of_the_same_file_has_another_embedding(cases: dict[str, Stimulus]) -> None:
    def never() -> None:
        raise AssertionError

    embedder = StimulusEmbedder("0" * 64, never)  # type: ignore[arg-type] # never called
    stimulus = cases["p3.png"]
    vector = np.ones(4, np.float32)
    embedder.cache.put_many({(stimulus.picture_sha256, stimulus.prompt.text_sha256): vector})
    assert list(embedder.embed([stimulus]).vectors) == [stimulus.pk]

    stimulus.rendering += 1

    with pytest.raises(AssertionError):
        embedder.embed([stimulus])
