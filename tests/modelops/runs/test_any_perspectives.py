"""Studies with one and with five perspectives, from labels to pages, on the tiny preset's size."""

import math

import pytest
from django.test import Client
from rest_framework.test import APIClient

from annotation.models import Stimulus, Study
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.protocol.scales import Scale
from modelops.models import ModelVersion, Prediction
from modelops.predictors.mint.checkpoint import load_model
from modelops.predictors.mint.modeling import MintIQAModel
from modelops.predictors.store import version_model
from modelops.registry.artifacts import local_folder
from modelops.runs.promotion import promote
from tests.factories import set_perspectives
from tests.modelops.conftest import Train, score_all
from tests.modelops.labelling import agreements_of, label_pool
from workbench.accounts.models import User

SCALES = (
    Scale("acr5", 1, 5, 1),
    Scale("slider", 0, 100, 1),
    Scale("levels11", 0, 10, 1),
    Scale("acr5", 1, 5, 1),
    Scale("slider", 0, 100, 0.5),
)
KEYS = {1: ("beauty",), 5: ("beauty", "training", "values", "quality", "light")}


@pytest.fixture(params=[1, 5])
def keys(request: pytest.FixtureRequest, study: Study) -> tuple[str, ...]:
    """The perspectives' keys of a study that asks for as many."""
    found = KEYS[request.param]
    items = [
        PerspectiveSettings(key, key.title(), f"How is its {key}?", scale)
        for key, scale in zip(found, SCALES, strict=False)
    ]
    set_perspectives(study, items)
    return found


@pytest.fixture
def labelled(study: Study, keys: tuple[str, ...], small_model_settings: None) -> list[Stimulus]:
    return label_pool(study, rated=24, holdout=6, unrated=4)


@pytest.fixture
def version(labelled: list[Stimulus], train: Train) -> ModelVersion:
    found = train(epochs=1, learning_rate=1e-3)
    score_all(found)
    return found


def test_a_model_has_a_head_for_each_perspective(
    version: ModelVersion, keys: tuple[str, ...]
) -> None:
    assert tuple(head.perspective.key for head in version.heads.all()) == keys
    assert [head.place for head in version.heads.all()] == list(range(len(keys)))
    assert version_model(version).last_layer.perspectives == len(keys)
    loaded = load_model(local_folder(version.artifact, version.artifact_sha256))
    assert isinstance(loaded.model, MintIQAModel)
    assert len(loaded.model.config.head_names) == len(keys)
    assert tuple(loaded.model.head_weights()[0].shape) == (len(keys), 12)


def test_every_perspective_is_measured_and_predicted(
    version: ModelVersion, keys: tuple[str, ...], labelled: list[Stimulus]
) -> None:
    assert tuple(agreements_of(version)) == keys
    assert {item.n for item in agreements_of(version).values()} == {6}
    found = Prediction.objects.filter(model_version=version)
    assert found.count() == len(labelled) * len(keys)
    assert set(found.values_list("perspective__key", flat=True)) == set(keys)


def test_the_page_and_the_api_show_them_on_their_scales(
    version: ModelVersion, keys: tuple[str, ...], client: Client, owner: User, study: Study
) -> None:
    promote(version=version, actor=owner)
    client.force_login(owner)
    text = client.get("/studies/demo/model/").content.decode()
    assert text.count(": predicted score against opinion score") == len(keys)
    for key in keys:
        assert f'<th scope="row">{key.title()}</th>' in text
    api = APIClient()
    api.force_authenticate(owner)
    row = api.get("/api/v1/studies/demo/predictions/").json()["results"][0]
    assert tuple(row["scores"]) == keys
    for expected in row["scores"].values():
        both = math.hypot(expected["posterior_sd"], expected["misfit_sd"])
        assert expected["epistemic_sd"] == pytest.approx(both)
    assert study.acquisition_rounds.count() == 1
