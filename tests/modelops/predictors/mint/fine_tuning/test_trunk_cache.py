"""Scores by way of the cache against scores without it, and what the cache does not survive."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from modelops.learning.errors import LearningError
from modelops.learning.recipe import Recipe
from modelops.predictors.mint.checkpoint import load_model
from modelops.predictors.mint.fine_tuning import trunk_cache as trunk_module
from modelops.predictors.mint.fine_tuning.data import KeptTrunk
from modelops.predictors.mint.fine_tuning.training import fine_tune
from modelops.predictors.mint.fine_tuning.trunk import freeze, trunk_blocks
from modelops.predictors.mint.fine_tuning.trunk_cache import TrunkCache, trunk_hash
from modelops.predictors.mint.modeling import MintIQAModel
from tests.modelops.predictors.mint.fine_tuning.models import small_model
from tests.modelops.predictors.mint.fine_tuning.training_data import RECIPE, make_data, silent

IMAGES = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(6)]


class Pixels:
    """Normalised images of which it is known how often each was asked for."""

    def __init__(self, size: int, images: int = 6) -> None:
        self.all = torch.randn(images, 3, size, size, generator=torch.Generator().manual_seed(1))
        self.asked: list[int] = []

    def __call__(self, rows: Sequence[int]) -> Tensor:
        self.asked += rows
        return self.all[list(rows)]


@pytest.fixture
def pixels() -> Pixels:
    return Pixels(28)


def cache_of(
    model: MintIQAModel, pixels: Pixels, folder: Path, blocks: int = 1, room: int = 2**30
) -> TrunkCache:
    return TrunkCache(model, IMAGES, pixels, folder, blocks=blocks, most_bytes=room)


@pytest.mark.parametrize("blocks", [0, 1, 2])
def test_the_two_parts_are_the_whole(pixels: Pixels, blocks: int) -> None:
    model = small_model()
    with torch.no_grad():
        parts = model.encode_upper(model.encode_lower(pixels.all, blocks), blocks)
        assert torch.equal(parts, model.encode_images(pixels.all))


def test_scores_are_the_same_but_for_float16_s_rounding(tmp_path: Path) -> None:
    model = load_model("tiny").model.requires_grad_(False)
    torch.manual_seed(0)
    for weight in model.heads.parameters():
        weight.copy_(torch.randn_like(weight) / weight[0].numel() ** 0.5)
    pixels = Pixels(112)
    ids, mask = torch.full((6, 4), 7), torch.ones(6, 4, dtype=torch.int64)
    hidden = cache_of(model, pixels, tmp_path, blocks=3)(range(6))
    queries = model.encode_queries(model.encode_upper(hidden, 3), ids, mask)
    cached = model.score_pooled(queries.mean(dim=1))
    direct = model(pixels.all, ids, mask).scores
    # float16 keeps 11 bits: each activation is off by at most 2⁻¹¹ of itself, and what follows
    # (norms, linear maps, smooth functions) amplifies a relative error by a factor of order one.
    assert 0 < float((cached - direct).abs().max()) <= 2 * 2**-11 * float(direct.abs().max())


def test_each_image_is_computed_once_for_all_runs(pixels: Pixels, tmp_path: Path) -> None:
    first = cache_of(small_model(), pixels, tmp_path)
    found = first([0, 1, 2])
    assert torch.equal(first([2, 0, 1]), found[[2, 0, 1]])
    first.flush()
    second = cache_of(small_model(), pixels, tmp_path)
    assert torch.equal(second([1, 3])[0], found[1])
    assert pixels.asked == [0, 1, 2, 3]


def test_full_shards_are_written_as_they_fill(
    pixels: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One image: 5 tokens of 16 numbers of 2 bytes.
    monkeypatch.setattr(trunk_module, "_SHARD_BYTES", 2 * 5 * 16 * 2)
    cache = cache_of(small_model(), pixels, tmp_path)
    cache([0])
    assert list(tmp_path.glob("*/*")) == []
    cache([1])
    assert len(list(tmp_path.glob("*/*"))) == 1


def test_a_corrupt_shard_is_computed_again(pixels: Pixels, tmp_path: Path) -> None:
    cache = cache_of(small_model(), pixels, tmp_path)
    expected = cache(range(6))
    cache.flush()
    (shard,) = tmp_path.glob("*/*")
    data = bytearray(shard.read_bytes())
    data[-3] ^= 16
    shard.write_bytes(bytes(data))
    again = cache_of(small_model(), pixels, tmp_path)
    assert torch.equal(again(range(6)), expected)
    assert len(pixels.asked) == 12


@pytest.mark.parametrize("room", [0, 700])
def test_what_has_no_room_is_computed_each_time(
    pixels: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(trunk_module, "_SHARD_BYTES", 1)
    cache = cache_of(small_model(), pixels, tmp_path, room=room)
    expected = cache([0]), cache([1]), cache([2])
    assert all(torch.equal(cache([row]), expected[row]) for row in range(3))
    written = sum(path.stat().st_size for path in tmp_path.glob("*/*"))
    assert written <= room
    assert (room == 0) == (written == 0)


def test_a_full_disk_costs_time_only(
    pixels: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("modelops.learning.shards.write_atomically", full)
    cache = cache_of(small_model(), pixels, tmp_path)
    expected = cache(range(6))
    cache.flush()
    assert torch.equal(cache(range(6)), expected)
    assert len(pixels.asked) == 12


def test_activations_that_float16_does_not_hold_are_named(pixels: Pixels, tmp_path: Path) -> None:
    model = small_model()
    with torch.no_grad():
        model.vision_model.embeddings.class_embedding.fill_(70_000.0)
    with pytest.raises(LearningError, match=r"exceed float16's 65,504"):
        cache_of(model, pixels, tmp_path)([0])


def test_blocks_with_dropout_are_refused(pixels: Pixels, tmp_path: Path) -> None:
    model = small_model()
    model.vision_model.config.attention_dropout = 0.1
    with pytest.raises(LearningError, match="attention_dropout"):
        cache_of(model, pixels, tmp_path)


def test_the_hash_is_of_what_is_below_and_nothing_else() -> None:
    model = small_model()
    before = [trunk_hash(model, blocks) for blocks in range(3)]
    assert len(set(before)) == 3
    with torch.no_grad():
        for part in (model.vision_model.encoder.layers[1], model.heads, model.qformer):
            next(part.parameters()).add_(1)
    after = [trunk_hash(model, blocks) for blocks in range(3)]
    assert after[:2] == before[:2]
    assert after[2] != before[2]


@pytest.mark.parametrize("blocks", [0, 1, 2])
def test_as_many_blocks_are_frozen_as_the_recipe_says(blocks: int) -> None:
    model = small_model()
    recipe = Recipe(frozen_blocks=blocks)
    freeze(model, recipe)
    assert trunk_blocks(model, recipe) == blocks
    layers = model.vision_model.encoder.layers
    trained = [any(it.requires_grad for it in layer.parameters()) for layer in layers]
    assert trained == [number >= blocks for number in range(2)]
    assert not any(it.requires_grad for it in model.vision_model.embeddings.parameters())


def test_gradients_above_the_cache_are_those_without_it(pixels: Pixels, tmp_path: Path) -> None:
    model = small_model()
    freeze(model, Recipe(frozen_blocks=1))
    ids, mask = torch.full((6, 4), 7), torch.ones(6, 4, dtype=torch.int64)
    weight = model.vision_model.encoder.layers[1].mlp.fc1.weight
    found: list[Tensor] = []
    hidden = cache_of(model, pixels, tmp_path)(range(6))
    for vision_embeds in (model.encode_images(pixels.all), model.encode_upper(hidden, 1)):
        model.zero_grad()
        model.score_pooled(
            model.encode_queries(vision_embeds, ids, mask).mean(dim=1)
        ).sum().backward()
        assert weight.grad is not None
        found.append(weight.grad.clone())
    # As for scores; a gradient is one more product of such numbers.
    assert float((found[0] - found[1]).abs().max()) <= 4 * 2**-11 * float(found[0].abs().max())


def test_a_training_computes_the_trunk_once_for_all_epochs_and_retrains(tmp_path: Path) -> None:
    """With the losses of one that computes it each time, but for float16's rounding."""
    plain, pixels = make_data(), Pixels(28, images=len(make_data()))
    images = [hashlib.sha256(b"%d" % row).hexdigest() for row in range(len(plain))]
    kept = KeptTrunk(images, tmp_path / "trunk")
    with_cache = replace(plain, pixels=pixels, kept=kept)
    without = replace(plain, pixels=Pixels(28, images=len(plain)))
    recipe = replace(RECIPE, frozen_blocks=1)

    curves = [
        fine_tune(small_model(), data, recipe, tmp_path / name, silent)
        for name, data in (("with", with_cache), ("without", without))
    ]
    assert curves[0].losses == pytest.approx(curves[1].losses, rel=2 * 2**-11)
    assert sorted(pixels.asked) == list(range(len(plain)))

    fine_tune(small_model(), with_cache, recipe, tmp_path / "again", silent)
    assert len(pixels.asked) == len(plain)
    off = replace(recipe, trunk_cache=False)
    fine_tune(small_model(), with_cache, off, tmp_path / "off", silent)
    assert len(pixels.asked) == (1 + recipe.epochs) * len(plain)
