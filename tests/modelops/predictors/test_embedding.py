"""Which cache an embedding is kept in, and how much is embedded between two writes to it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from pytest_django.fixtures import Settings

from annotation.models import Stimulus
from modelops.predictors import embedding, float8
from modelops.predictors.base import Embeddings, Verdict
from modelops.predictors.devices import arithmetic, device, precision
from modelops.predictors.embedding import StimulusEmbedder
from modelops.predictors.hardware import native_precision
from modelops.predictors.mint.checkpoint import load_model
from modelops.predictors.mint.embedder import MintEmbedder
from modelops.predictors.mint.preprocessing import ImageSource


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


class Checked(MintEmbedder):
    """Its check says what it is told to."""

    verdict: Verdict | None
    checks = 0

    def check_float8(self, images: Sequence[ImageSource], prompts: Sequence[str]) -> Verdict | None:
        assert len(images) == len(prompts)
        Checked.checks += 1
        return self.verdict


@pytest.mark.parametrize(
    ("verdict", "folder", "checks"),
    [
        (Verdict(True, "they agree"), "fp8", 1),
        (Verdict(False, "they differ"), "bfloat16-products", 1),
        (None, "bfloat16-products", 2),  # untrained heads decide nothing: asked again
    ],
)
def test_float8_is_used_once_a_check_has_passed(
    labelled: list[Stimulus],
    weights: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    verdict: Verdict | None,
    folder: str,
    checks: int,
) -> None:
    settings.MODEL_PRECISION = "fp8"
    monkeypatch.setattr(float8, "supported", lambda: True)
    monkeypatch.setattr(Checked, "verdict", verdict, raising=False)
    monkeypatch.setattr(Checked, "checks", 0)
    loaded = load_model(weights)
    for part in (labelled[:3], labelled[:5]):
        made = StimulusEmbedder("b" * 64, lambda: Checked(loaded, precision()))
        assert len(made.embed(part).vectors) == len(part)
    assert isinstance(made.backbone, Checked)
    assert made.backbone.float8 == (folder == "fp8")
    assert Checked.checks == checks
    folders = (settings.DATA_DIR / "cache" / "pooled").iterdir()
    assert [path.name for path in folders] == ["b" * 64 + "-" + folder]
    if verdict is not None and not verdict.passed:
        assert "is computed in bfloat16, not float8: they differ" in caplog.text


def test_a_device_without_float8_computes_in_bfloat16(
    labelled: list[Stimulus],
    weights: Path,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.MODEL_PRECISION = "fp8"
    float8.supported.cache_clear()
    made = StimulusEmbedder("b" * 64, lambda: MintEmbedder(load_model(weights), precision()))
    assert len(made.embed(labelled[:2]).vectors) == 2
    folders = (settings.DATA_DIR / "cache" / "pooled").iterdir()
    assert [path.name for path in folders] == ["b" * 64 + "-bfloat16-products"]
    assert "bfloat16 is used: cpu does not multiply in float8" in caplog.text


def test_auto_is_what_the_device_multiplies_itself(
    small_model_settings: None, settings: Settings
) -> None:
    settings.MODEL_PRECISION = "auto"
    assert device() == "cpu"
    assert precision() == native_precision("cpu")
    settings.MODEL_PRECISION = "float32"
    assert precision() == "float32"


def test_a_gpu_that_is_too_old_for_float8_and_bfloat16_computes_in_float32(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As Turing and Volta are: torch says so of itself."""
    settings.MODEL_DEVICE, settings.MODEL_PRECISION = "cuda", "fp8"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _device: (7, 5))
    float8.supported.cache_clear()
    assert not float8.supported()
    assert arithmetic() == "float32"
    assert "MODEL_PRECISION is fp8, but float32 is used: a GPU of compute cap" in caplog.text
    float8.supported.cache_clear()


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


class Overflowing(MintEmbedder):
    """Computes infinity from the second image."""

    def embed(self, images: Sequence[ImageSource], prompts: Sequence[str]) -> Embeddings:
        found = super().embed(images, prompts)
        found.values[1, 0] = np.inf
        return found


def test_an_image_without_finite_numbers_is_a_problem_and_is_not_kept(
    labelled: list[Stimulus], embedder: StimulusEmbedder, weights: Path
) -> None:
    """Nor is what an older build has kept of it used."""
    broken = StimulusEmbedder("b" * 64, lambda: Overflowing(load_model(weights), precision()))
    found = broken.embed(labelled[:3])
    assert set(found.vectors) == {labelled[0].pk, labelled[2].pk}
    (problem,) = found.problems
    assert problem["stimulus"] == labelled[1].pk
    assert f"{labelled[1].filename}: the backbone computes numbers" in str(problem["error"])
    right = embedder.embed(labelled[:3]).vectors
    key = labelled[3].picture_sha256, labelled[3].prompt.text_sha256
    embedder.cache.put_many({key: np.full_like(right[labelled[0].pk], np.nan)})
    assert np.isfinite(embedder.embed(labelled[:4]).matrix([it.pk for it in labelled[:4]])).all()
