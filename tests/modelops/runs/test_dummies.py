"""A strategy and a predictor that only this file knows: one registration each, and the whole
product uses them."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from django.test import Client
from numpy.typing import NDArray
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from annotation.models import Stimulus, Study
from modelops.acquisition import STRATEGIES, Pool, Reads
from modelops.errors import RecipeError
from modelops.learning.errors import LearningError
from modelops.learning.recipe import Recipe
from modelops.models import AcquisitionRound, TrainingRun
from modelops.predictors.base import Embeddings, Precision
from modelops.predictors.errors import UnreadableImageError
from modelops.predictors.registry import PREDICTORS
from modelops.predictors.store import release_models, version_model
from modelops.runs.predictors import add_predictor
from modelops.runs.promotion import promote
from modelops.runs.retraining import changed_recipe
from tests.modelops.conftest import Train, score_all
from workbench.accounts.models import User

if TYPE_CHECKING:
    from PIL.Image import Image


class Newest:
    """The stimuli that came last come first."""

    name = "newest"
    label = "The newest images"
    version = "3"
    citation = "This file, 2026"
    reads = Reads.NOTHING

    def choose(self, pool: Pool, count: int, seed: int) -> NDArray[np.intp]:
        return pool.candidates[np.argsort(-pool.stimuli[pool.candidates])][:count]

    def order(self, pool: Pool, seed: int) -> NDArray[np.float64]:
        return pool.stimuli.astype(np.float64)


class Colours:
    """Mean colours, and the length of the prompt."""

    sha256 = hashlib.sha256(b"colours").hexdigest()
    embedding_size = 4

    def embed(self, images: "Sequence[Path | Image]", prompts: Sequence[str]) -> Embeddings:
        from PIL import Image as Images

        values = np.full((len(images), 4), np.nan, np.float32)
        errors: dict[int, Exception] = {}
        for row, (image, prompt) in enumerate(zip(images, prompts, strict=True)):
            if isinstance(image, Path):
                if not image.exists():
                    errors[row] = UnreadableImageError(f"{image}: the file is missing")
                    continue
                image = Images.open(image)  # noqa: PLW2901
            values[row, :3] = np.asarray(image.convert("RGB")).mean(axis=(0, 1))
            values[row, 3] = len(prompt)
        return Embeddings(values, errors)


class ColoursKind:
    """The least that a predictor has to be: a frozen embedder."""

    name = "colours"
    version = "1"
    citation = "This file, 2026"
    bundled = True
    chunk_size = 10

    def recipe(self, *, explanations: bool = False) -> Recipe:
        if explanations:
            raise LearningError("colours cannot say why")
        return Recipe()

    def start(self, weights: str, *, device: str, precision: Precision) -> Colours:
        return Colours()


@pytest.fixture
def newest() -> Iterator[None]:
    with STRATEGIES.registered(Newest()):
        yield


@pytest.fixture
def colours() -> Iterator[None]:
    with PREDICTORS.registered(ColoursKind()):
        yield


@pytest.fixture
def api(owner: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(owner)
    return client


def test_a_registered_strategy_ranks_is_recorded_and_is_offered(
    newest: None,
    study: Study,
    labelled: list[Stimulus],
    train: Train,
    api: APIClient,
    client: Client,
    owner: User,
) -> None:
    body = {"backbone": "tiny", "strategy": "newest"}
    answer = api.post("/api/v1/studies/demo/predictors/", body, format="json")
    assert (answer.status_code, answer.json()["strategy"]) == (201, "newest")
    version = train(predictor=study.predictors.get())
    score_all(version)
    promote(version=version, actor=None)
    acquisition = AcquisitionRound.objects.get()
    assert (acquisition.strategy, acquisition.strategy_version) == ("newest", "3")
    first = study.stimuli.order_by("-priority").first()
    pool = [item.pk for item in labelled if item.split == "pool"]
    assert first is not None
    assert first.pk == max(pool)
    client.force_login(owner)
    text = client.get("/studies/demo/model/").content.decode()
    assert '<option value="newest" title="This file, 2026">The newest images</option>' in text


def test_a_registered_frozen_embedder_is_trained_scored_and_compared(
    colours: None,
    study: Study,
    labelled: list[Stimulus],
    train: Train,
    api: APIClient,
    client: Client,
    owner: User,
) -> None:
    answer = api.post("/api/v1/studies/demo/predictors/", {"backbone": "colours"}, format="json")
    assert (answer.status_code, answer.json()["leading"]) == (201, True)
    first = train(predictor=study.predictors.get(name="colours"))
    assert first.scoring_runs.get().chunks.count() == 4  # of 40 images
    second = train(predictor=add_predictor(study=study, actor=None, backbone="tiny"))
    for version in (first, second):
        score_all(version)
        promote(version=version, actor=None)
    assert (first.kind, second.kind) == ("colours", "tiny")
    assert first.backbone_sha256 == Colours.sha256
    assert study.acquisition_rounds.count() == 1
    rows = api.get("/api/v1/studies/demo/predictions/?predictor=colours&count=true").json()
    assert rows["count"] == 40
    client.force_login(owner)
    text = client.get("/studies/demo/model/").content.decode()
    assert '<option value="colours">colours</option>' in text
    assert 'colours <span class="muted small">v1</span>' in text
    assert 'tiny <span class="muted small">v2</span>' in text


def test_what_a_frozen_one_cannot_do_is_said(
    colours: None, study: Study, labelled: list[Stimulus], train: Train
) -> None:
    predictor = add_predictor(study=study, actor=None, backbone="colours")
    with pytest.raises(RecipeError, match="colours cannot say why"):
        changed_recipe(predictor, explanations=True)
    with pytest.raises(LearningError, match="colours can only be used as it is"):
        train(predictor=predictor, epochs=1)


def test_a_version_keeps_the_kind_that_its_backbone_had_when_it_was_trained(
    colours: None,
    study: Study,
    labelled: list[Stimulus],
    train: Train,
    settings: Settings,
    weights: Path,
) -> None:
    # A processor that multiplies bfloat16 holds weights, and their hash, in that by itself.
    settings.MODEL_PRECISION = "float32"
    settings.MODEL_BACKBONES = [f"mine=tiny:{weights}"]
    predictor = add_predictor(study=study, actor=None, backbone="mine")
    first = train(predictor=predictor)
    settings.MODEL_BACKBONES = ["mine=colours"]
    second = train(predictor=predictor)
    assert (first.kind, second.kind) == ("tiny", "colours")
    for version in (first, second):
        release_models()
        assert version_model(version).backbone.sha256 == version.backbone_sha256


def test_an_image_that_is_gone_is_left_out(
    colours: None, study: Study, labelled: list[Stimulus], train: Train
) -> None:
    Path(labelled[0].picture.path).unlink()
    version = train(predictor=add_predictor(study=study, actor=None, backbone="colours"))
    (problem,) = TrainingRun.objects.get(model_version=version).problems
    assert problem["filename"] == labelled[0].filename
    assert problem["error"] == f"{labelled[0].filename}: the file is missing"
