"""What every kind of predictor must do, whichever it is: those whose weights are bundled with
these, the others with weights of their own making that are small."""

import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from modelops.explaining.model import Decoding
from modelops.explaining.store import Explainable
from modelops.learning.errors import LearningError
from modelops.learning.recipe import Recipe
from modelops.predictors.base import (
    Embedder,
    ExplainingKind,
    PredictorKind,
    Samples,
    TrainableKind,
)
from modelops.predictors.mint.checkpoint import LoadedModel, save_model
from modelops.predictors.mint.configuration import MintIQAConfig
from modelops.predictors.mint.modeling import MintIQAModel
from modelops.predictors.mint.presets import preset_config
from modelops.predictors.mint.processing import MintIQAProcessor
from modelops.predictors.mint.tokenization import load_tokenizer
from modelops.predictors.registry import PREDICTORS
from tests.modelops.predictors.image_text.models import write_clip
from tests.modelops.predictors.mint.test_tokenization import bert_vocabulary
from workbench.core.errors import MintError
from workbench.core.files import sha256_of
from workbench.core.registry import UnknownEntryError

PROMPTS = ["a red circle on grass", "prompt 1", "", "prompt 0 1 2 3"]


def write_small_vit_g(folder: Path) -> None:
    """The published configuration with small layers, BERT's kind of vocabulary and its extra token,
    and random weights."""
    published = preset_config("vit-g")
    folder.mkdir()
    bert_vocabulary(folder)
    config = MintIQAConfig(
        vision_config={
            **published.vision_config.to_dict(),
            "image_size": 28,
            "hidden_size": 16,
            "num_hidden_layers": 3,
            "num_attention_heads": 2,
            "intermediate_size": 32,
        },
        qformer_config={
            **published.qformer_config.to_dict(),
            "vocab_size": 9,
            "hidden_size": 12,
            "num_hidden_layers": 4,
            "num_attention_heads": 2,
            "intermediate_size": 24,
        },
        bos_token=published.bos_token,
    )
    torch.manual_seed(0)
    tokenizer = load_tokenizer(folder, config)
    processor = MintIQAProcessor(tokenizer, config.image_size)
    save_model(LoadedModel(MintIQAModel(config), processor), folder)


#: Of each kind whose weights are not bundled: how weights that it can start from are written.
SMALL_WEIGHTS: dict[str, Callable[[Path], object]] = {
    "vit-g": write_small_vit_g,
    "image-text": write_clip,
}


@pytest.fixture(scope="session")
def weights_of(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each kind starts from: a folder, or empty for its own."""
    found = dict.fromkeys((kind.name for kind in PREDICTORS.values() if kind.bundled), "")
    for name, write in SMALL_WEIGHTS.items():
        folder = tmp_path_factory.mktemp("weights") / name
        write(folder)
        found[name] = str(folder)
    return found


@pytest.fixture(params=list(PREDICTORS))
def kind(request: pytest.FixtureRequest) -> PredictorKind:
    return PREDICTORS[request.param]


@pytest.fixture
def embedder(kind: PredictorKind, weights_of: dict[str, str]) -> Embedder:
    return kind.start(weights_of[kind.name], device="cpu", precision="float32")


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
    kind: PredictorKind, embedder: Embedder, weights_of: dict[str, str]
) -> None:
    assert re.fullmatch("[0-9a-f]{64}", embedder.sha256)
    again = kind.start(weights_of[kind.name], device="cpu", precision="float32")
    assert again.sha256 == embedder.sha256


def test_each_is_tried_as_itself(weights_of: dict[str, str]) -> None:
    started = [
        PREDICTORS[name].start(weights, device="cpu", precision="float32")
        for name, weights in weights_of.items()
    ]
    assert set(weights_of) == set(PREDICTORS)
    assert len({embedder.sha256 for embedder in started}) == len(PREDICTORS)


def test_what_explains_has_what_stage_two_continues_from(
    kind: PredictorKind, embedder: Embedder
) -> None:
    assert isinstance(embedder, Explainable) == isinstance(kind, ExplainingKind)


def test_weights_that_are_not_there_are_named(kind: PredictorKind) -> None:
    with pytest.raises(MintError, match="/nowhere"):
        kind.start("/nowhere", device="cpu", precision="float32")


TRAINABLE = [kind for kind in PREDICTORS.values() if isinstance(kind, TrainableKind)]


@pytest.mark.parametrize("trainable", TRAINABLE, ids=lambda kind: kind.name)
def test_what_can_be_trained_has_other_weights_afterwards(
    trainable: TrainableKind, weights_of: dict[str, str], tmp_path: Path, images: list[Path]
) -> None:
    made = trainable.start(weights_of[trainable.name], device="cpu", precision="float32")
    before, embedded = made.sha256, made.embed(images, PROMPTS).values
    rng = np.random.default_rng(0)
    made.set_heads(rng.normal(size=(2, made.embedding_size)), rng.normal(size=2))
    samples = Samples(
        images=images,
        image_sha256=[sha256_of(path) for path in images],
        prompts=PROMPTS,
        groups=range(4),
        targets=rng.uniform(size=(4, 2)),
        weights=None,
        cache=tmp_path / "trunk",
    )
    recipe = replace(
        trainable.recipe(), epochs=2, learning_rate=1e-3, frozen_blocks=1, batch_size=2
    )
    recipe = replace(recipe, validation_share=0.0, patience=0)
    curve = made.fine_tune(samples, recipe, tmp_path / "checkpoint", lambda *_step: None)
    assert len(curve.losses) == 2 * 2  # epochs of two batches
    assert made.sha256 != before
    assert not np.allclose(made.embed(images, PROMPTS).values, embedded, atol=1e-6)


@pytest.mark.parametrize("trainable", TRAINABLE, ids=lambda kind: kind.name)
@pytest.mark.parametrize("perspectives", [1, 3, 5])
def test_what_can_be_trained_is_saved_and_opened(
    trainable: TrainableKind,
    weights_of: dict[str, str],
    tmp_path: Path,
    images: list[Path],
    perspectives: int,
) -> None:
    made = trainable.start(weights_of[trainable.name], device="cpu", precision="float32")
    rng = np.random.default_rng(0)
    made.set_heads(
        rng.normal(size=(perspectives, made.embedding_size)), rng.normal(size=perspectives)
    )
    made.save(tmp_path / "saved")
    opened = trainable.open(tmp_path / "saved", device="cpu", precision="float32")
    assert opened.sha256 == made.sha256  # heads do not count
    assert (opened.embed(images, PROMPTS).values == made.embed(images, PROMPTS).values).all()


def test_an_unknown_kind_is_refused_naming_the_known_ones() -> None:
    with pytest.raises(
        UnknownEntryError, match="no kind of predictor 'huge'; there are tiny, vit-g, image-text"
    ):
        PREDICTORS["huge"]
