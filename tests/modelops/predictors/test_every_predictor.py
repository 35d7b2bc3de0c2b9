"""What every kind of predictor must do, whichever it is; those whose weights are not bundled are
tried on a folder of a small model's."""

import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modelops.explaining.model import Decoding
from modelops.learning.errors import LearningError
from modelops.learning.recipe import Recipe
from modelops.predictors.base import Embedder, ExplainingKind, PredictorKind, TrainableKind
from modelops.predictors.registry import PREDICTORS
from workbench.core.errors import MintError
from workbench.core.registry import UnknownEntryError

PROMPTS = ["a red circle on grass", "prompt 1", "", "prompt 0 1 2 3"]


@pytest.fixture(params=list(PREDICTORS))
def kind(request: pytest.FixtureRequest) -> PredictorKind:
    return PREDICTORS[request.param]


@pytest.fixture
def embedder(kind: PredictorKind, weights: Path) -> Embedder:
    return kind.start(str(weights), device="cpu", precision="float32")


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    rng = np.random.default_rng(0)
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for path in paths:
        Image.fromarray(rng.integers(0, 255, (40, 30, 3), dtype=np.uint8)).save(path)
    return paths


def test_it_says_what_it_is(kind: PredictorKind) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9-]{0,39}", kind.name)
    assert re.fullmatch(r"[0-9][0-9.]{0,19}", kind.version)
    assert re.search(r"\b(19|20)\d\d\b|arXiv", kind.citation)
    assert kind.chunk_size >= 1
    assert kind.recipe() == Recipe.from_json(kind.recipe().to_json())


def test_it_explains_or_refuses_to(kind: PredictorKind) -> None:
    if not isinstance(kind, ExplainingKind):
        with pytest.raises(LearningError):
            kind.recipe(explanations=True)
        return
    assert kind.stage2.turn_size >= 1
    assert kind.recipe(explanations=True).explanation_epochs == kind.stage2.epochs >= 1
    assert {field.name for field in fields(Decoding)} >= set(kind.stage2.decoding)


def test_embeddings_have_a_row_each(embedder: Embedder, images: list[Path]) -> None:
    found = embedder.embed(images, PROMPTS)
    assert found.values.shape == (4, embedder.embedding_size)
    assert found.values.dtype == np.float32
    assert np.isfinite(found.values).all()
    assert found.errors == {}


def test_no_image_and_one_image_are_embedded(embedder: Embedder, images: list[Path]) -> None:
    assert embedder.embed([], []).values.shape == (0, embedder.embedding_size)
    assert embedder.embed(images[:1], PROMPTS[:1]).values.shape == (1, embedder.embedding_size)


def test_the_same_image_and_prompt_give_the_same_row(
    embedder: Embedder, images: list[Path]
) -> None:
    assert (embedder.embed(images, PROMPTS).values == embedder.embed(images, PROMPTS).values).all()


def test_a_row_does_not_depend_on_the_others(embedder: Embedder, images: list[Path]) -> None:
    whole = embedder.embed(images, PROMPTS).values
    turned = embedder.embed(images[::-1], PROMPTS[::-1]).values[::-1]
    alone = np.concatenate(
        [
            embedder.embed([image], [text]).values
            for image, text in zip(images, PROMPTS, strict=True)
        ]
    )
    assert turned == pytest.approx(whole, abs=1e-5)
    assert alone == pytest.approx(whole, abs=1e-5)


def test_an_open_image_is_as_good_as_its_file(embedder: Embedder, images: list[Path]) -> None:
    with Image.open(images[0]) as image:
        found = embedder.embed([image], PROMPTS[:1]).values
    assert found == pytest.approx(embedder.embed(images[:1], PROMPTS[:1]).values)


def test_an_unreadable_image_is_named_and_costs_its_own_row(
    embedder: Embedder, images: list[Path]
) -> None:
    images[1].write_bytes(b"no image")
    images[2].unlink()
    found = embedder.embed(images, PROMPTS)
    assert set(found.errors) == {1, 2}
    assert str(images[1]) in str(found.errors[1])
    assert np.isnan(found.values[[1, 2]]).all()
    assert np.isfinite(found.values[[0, 3]]).all()


def test_as_many_prompts_as_images_are_wanted(embedder: Embedder, images: list[Path]) -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        embedder.embed(images, PROMPTS[:3])


def test_its_name_is_that_of_its_weights(
    kind: PredictorKind, embedder: Embedder, weights: Path
) -> None:
    assert re.fullmatch("[0-9a-f]{64}", embedder.sha256)
    again = kind.start(str(weights), device="cpu", precision="float32")
    assert again.sha256 == embedder.sha256


def test_weights_that_are_not_there_are_named(kind: PredictorKind) -> None:
    with pytest.raises(MintError, match="/nowhere"):
        kind.start("/nowhere", device="cpu", precision="float32")


@pytest.mark.parametrize("perspectives", [1, 3, 5])
def test_what_can_be_trained_is_saved_and_opened(
    kind: PredictorKind, weights: Path, tmp_path: Path, images: list[Path], perspectives: int
) -> None:
    if not isinstance(kind, TrainableKind):
        pytest.skip("frozen")
    made = kind.start(str(weights), device="cpu", precision="float32")
    rng = np.random.default_rng(0)
    made.set_heads(
        rng.normal(size=(perspectives, made.embedding_size)), rng.normal(size=perspectives)
    )
    made.save(tmp_path / "saved")
    opened = kind.open(tmp_path / "saved", device="cpu", precision="float32")
    assert opened.sha256 == made.sha256  # heads do not count
    assert (opened.embed(images, PROMPTS).values == made.embed(images, PROMPTS).values).all()


def test_an_unknown_kind_is_refused_naming_the_known_ones() -> None:
    with pytest.raises(
        UnknownEntryError, match="no kind of predictor 'huge'; there are tiny, vit-g"
    ):
        PREDICTORS["huge"]
