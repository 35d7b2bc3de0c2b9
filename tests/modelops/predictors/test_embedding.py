"""Which cache an embedding is kept in, and how much is embedded between two writes to it."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from annotation.models import Stimulus
from modelops.predictors import embedding
from modelops.predictors.devices import device, precision
from modelops.predictors.embedding import StimulusEmbedder
from modelops.predictors.hardware import native_precision
from modelops.predictors.mint.checkpoint import load_model
from modelops.predictors.mint.embedder import MintEmbedder


@pytest.fixture
def embedder(small_model_settings: None, weights: Path) -> StimulusEmbedder:
    return StimulusEmbedder("b" * 64, lambda: MintEmbedder(load_model(weights), precision()))


def test_embeddings_of_two_precisions_are_kept_apart(
    labelled: list[Stimulus], weights: Path, settings: Settings
) -> None:
    for name in ("float32", "bfloat16"):
        settings.MODEL_PRECISION = name
        made = StimulusEmbedder("b" * 64, lambda: MintEmbedder(load_model(weights), precision()))
        assert len(made.embed(labelled[:3]).vectors) == 3
    folders = (settings.DATA_DIR / "cache" / "pooled").iterdir()
    assert sorted(path.name for path in folders) == ["b" * 64, "b" * 64 + "-bfloat16-products"]


def test_auto_is_what_the_device_multiplies_itself(
    small_model_settings: None, settings: Settings
) -> None:
    settings.MODEL_PRECISION = "auto"
    assert device() == "cpu"
    assert precision() == native_precision("cpu")
    settings.MODEL_PRECISION = "float32"
    assert precision() == "float32"


def test_what_is_known_is_not_embedded_and_the_rest_in_portions(
    labelled: list[Stimulus],
    embedder: StimulusEmbedder,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    monkeypatch.setattr(embedding, "PORTIONS", {"cpu": 2})
    embedder.embed(labelled[:2])
    told: list[tuple[int, int]] = []
    found = embedder.embed(labelled[:7], lambda *done: told.append(done))
    assert told == [(4, 7), (6, 7), (7, 7)]
    assert set(found.vectors) == {stimulus.pk for stimulus in labelled[:7]}
    assert len(list((settings.DATA_DIR / "cache" / "pooled").glob("*/*"))) == 4
