"""Many images at once against one at a time, on few and many threads, in full and half width."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from modelops.predictors.hardware import DeviceError, native_precision
from modelops.predictors.mint import preprocessing
from modelops.predictors.mint.checkpoint import LoadedModel, load_model
from modelops.predictors.mint.engine import Engine, Item, fitting_batch

PROMPTS = (
    "two red circles",
    "",
    "z" * 10_000,
    "一只红色的猫",
    "قطة حمراء",
    "🐈 on 🌈",
    "a\x00\ud800",
)


@pytest.fixture
def items(image_files: list[Path]) -> list[Item]:
    return [Item(path, f"prompt {number}") for number, path in enumerate(image_files)]


def one_at_a_time(loaded: LoadedModel, items: Sequence[Item]) -> np.ndarray:
    """As the released script does it: the model's own forward pass, image by image."""
    with torch.no_grad():
        rows = [loaded.model(*loaded.processor([it.image], [it.prompt])).pooled for it in items]
    return torch.cat(rows).numpy()


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
@pytest.mark.parametrize("batch_size", [1, 2, 5, None])
def test_embeddings_are_the_model_s_whatever_shares_a_batch(
    loaded: LoadedModel, items: list[Item], workers: int, batch_size: int | None
) -> None:
    found = Engine(loaded, batch_size=batch_size, workers=workers).embed(items)
    assert found.values.shape == (5, 12)
    assert found.values.dtype == np.float32
    assert found.errors == {}
    np.testing.assert_allclose(found.values, one_at_a_time(loaded, items), atol=1e-5)


def test_embeddings_and_heads_give_the_scores(loaded: LoadedModel, items: list[Item]) -> None:
    values = Engine(loaded).embed(items).values
    weight, bias = (tensor.numpy() for tensor in loaded.model.head_weights())
    with torch.no_grad():
        scores = loaded.model(*loaded.processor(*zip(*items, strict=True))).scores
    np.testing.assert_allclose(values @ weight.T + bias, scores.numpy(), atol=1e-5)


def test_prompts_of_any_kind_are_embedded(loaded: LoadedModel, image_files: list[Path]) -> None:
    items = [Item(image_files[0], prompt) for prompt in PROMPTS]
    found = Engine(loaded, batch_size=7, workers=1).embed(items).values
    assert np.isfinite(found).all()
    # An empty prompt next to a long one is padded, which must not matter.
    np.testing.assert_allclose(found, one_at_a_time(loaded, items), atol=1e-5)


def bad_files(folder: Path) -> list[Path]:
    whole = folder / "whole.png"
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(whole)
    (folder / "truncated.png").write_bytes(whole.read_bytes()[:3000])
    (folder / "text.jpg").write_text("not an image")
    (folder / "empty.png").touch()
    Image.new("1", (20_000, 20_000)).save(folder / "huge.png")
    return [
        folder / name for name in ("truncated.png", "text.jpg", "empty.png", "huge.png", "gone")
    ]


def odd_files(folder: Path) -> list[Path]:
    Image.new("CMYK", (40, 40), (0, 0, 0, 0)).save(folder / "print.jpg")
    Image.fromarray(np.full((40, 40), 128 * 256, dtype=np.uint16)).save(folder / "deep.png")
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    frames[0].save(folder / "moving.webp", save_all=True, append_images=frames[1:])
    Image.new("RGB", (1, 1), (9, 99, 200)).save(folder / "dot.png")
    return [folder / name for name in ("print.jpg", "deep.png", "moving.webp", "dot.png")]


@pytest.mark.parametrize("batch_size", [3, 14])
def test_bad_images_cost_their_own_rows_only(
    loaded: LoadedModel, items: list[Item], tmp_path: Path, batch_size: int
) -> None:
    bad = [Item(path, "x") for path in bad_files(tmp_path)]
    good = [*items, *(Item(path, "x") for path in odd_files(tmp_path))]
    mixed = [*good[:4], *bad[:3], *good[4:], *bad[3:]]
    found = Engine(loaded, batch_size=batch_size, workers=2).embed(mixed)
    assert sorted(found.errors) == [4, 5, 6, 12, 13]
    assert "text.jpg: not a JPEG, PNG, WEBP image" in str(found.errors[5])
    assert np.isnan(found.values[sorted(found.errors)]).all()
    kept = np.delete(found.values, sorted(found.errors), axis=0)
    np.testing.assert_allclose(kept, one_at_a_time(loaded, good), atol=1e-5)


def test_no_items_give_no_rows(loaded: LoadedModel) -> None:
    assert Engine(loaded).embed([]).values.shape == (0, 12)


def test_progress_is_reported_after_each_batch(loaded: LoadedModel, items: list[Item]) -> None:
    told: list[tuple[int, int]] = []
    Engine(loaded, batch_size=2, workers=2).embed(items, lambda *done: told.append(done))
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_the_threads_of_torch_are_as_before(loaded: LoadedModel, items: list[Item]) -> None:
    before = torch.get_num_threads()

    def stop(_done: int, _all: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Engine(loaded, batch_size=1, workers=2).embed(items, stop)
    assert torch.get_num_threads() == before


def test_embedding_leaves_no_gradients(loaded: LoadedModel, items: list[Item]) -> None:
    Engine(loaded).embed(items)
    assert all(parameter.grad is None for parameter in loaded.model.parameters())
    assert torch.is_grad_enabled()


class Small:
    """A device whose memory holds `most` images: more raise what torch raises."""

    def __init__(self, engine: Engine, most: int) -> None:
        self.most, self.tried = most, list[int]()
        self.forward: Callable[..., Tensor] = engine._forward

    def __call__(self, *batch: Tensor) -> Tensor:
        self.tried.append(len(batch[0]))
        if len(batch[0]) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return self.forward(*batch)


@pytest.mark.parametrize("way", ["_on_cores", "_on_device"])
def test_a_full_memory_halves_the_batch_and_loses_nothing(
    loaded: LoadedModel, items: list[Item], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    engine = Engine(loaded, batch_size=5, workers=1)
    small = Small(engine, most=2)
    monkeypatch.setattr(engine, "_forward", small)
    monkeypatch.setattr(engine, "_on_cores", getattr(engine, way))
    found = engine.embed([*items, *items])
    # 5 is too many, and so is its half 3; 2 is not, and what was found out is kept.
    assert small.tried[:4] == [5, 3, 2, 1]
    assert engine.batch_size == 2
    np.testing.assert_allclose(found.values, one_at_a_time(loaded, [*items, *items]), atol=1e-5)


def test_memory_that_does_not_hold_one_image_is_a_named_error(
    loaded: LoadedModel, items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(loaded, batch_size=4)
    monkeypatch.setattr(engine, "_forward", Small(engine, most=0))
    with pytest.raises(DeviceError, match="memory of cpu is too small for one image"):
        engine.embed(items)


@pytest.mark.parametrize("words", ["CUDA error: unspecified launch failure", "NVML is not there"])
def test_only_a_lost_device_is_named_as_one(
    loaded: LoadedModel, items: list[Item], monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    def lost(*_: object) -> Tensor:
        raise RuntimeError(words)

    engine = Engine(loaded)
    monkeypatch.setattr(engine, "_forward", lost)
    expected = DeviceError if words.startswith("CUDA") else RuntimeError
    with pytest.raises(expected, match=words) as raised:
        engine.embed(items)
    assert isinstance(raised.value, DeviceError) == words.startswith("CUDA")


def test_images_decoded_ahead_of_a_device_keep_their_order(
    loaded: LoadedModel, items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The GPU's path, on a processor: batch by batch, in order, with an unknown batch size."""
    engine = Engine(loaded, workers=2)
    monkeypatch.setattr(engine, "_sized", False)
    monkeypatch.setattr(engine, "_on_cores", engine._on_device)
    many = items * 4
    found = engine.embed(many)
    np.testing.assert_allclose(found.values[:5], one_at_a_time(loaded, items), atol=1e-5)
    np.testing.assert_allclose(found.values[15:], found.values[:5], atol=1e-5)


def test_made_code_gives_what_the_model_gives(
    loaded: LoadedModel, items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    # All that torch.compile reads of the code, without what it would have compiled for minutes.
    traced = partial(torch.compile, backend="eager")
    monkeypatch.setattr(torch, "compile", traced)
    made = Engine(loaded, precision="bfloat16", workers=1, compiled=True).embed(items).values
    plain = Engine(loaded, precision="bfloat16").embed(items).values
    np.testing.assert_allclose(made, plain, atol=0.02)


def test_an_image_that_is_too_much_for_the_memory_costs_its_own_row(
    loaded: LoadedModel, items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = preprocessing._fit

    def short_of_memory(image: Image.Image, size: int) -> Tensor:
        if str(getattr(image, "filename", "")) == str(items[1].image):
            raise MemoryError
        if str(getattr(image, "filename", "")) == str(items[3].image):
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")
        return fit(image, size)

    monkeypatch.setattr(preprocessing, "_fit", short_of_memory)
    found = Engine(loaded, batch_size=2).embed(items)
    assert sorted(found.errors) == [1, 3]
    assert all("memory is too small for its pixels" in str(it) for it in found.errors.values())
    assert np.isfinite(np.delete(found.values, [1, 3], axis=0)).all()


@pytest.mark.parametrize(
    ("free", "each", "images"), [(100, 10, 8), (9.9, 1, 4), (1, 10, 1), (10**12, 1, 256)]
)
def test_a_batch_takes_four_fifths_of_the_free_memory(
    free: float, each: float, images: int
) -> None:
    # 0.8 · 100 / 10 = 8; 0.8 · 9.9 = 7.92 → 4; at least 1; at most 256.
    assert fitting_batch(free, each) == images


def test_half_width_changes_embeddings_by_its_rounding() -> None:
    loaded = load_model("tiny")
    rng = np.random.default_rng(5)
    blocks = [rng.integers(0, 255, (7, 7, 3), dtype=np.uint8) for _ in range(12)]
    images = [
        Image.fromarray(block).resize((224, 224), Image.Resampling.NEAREST) for block in blocks
    ]
    items = [Item(image, f"{number} red circles") for number, image in enumerate(images)]
    full = Engine(loaded).embed(items).values
    half = Engine(loaded, precision="bfloat16").embed(items).values
    # bfloat16 keeps 8 bits: a product is off by up to 2⁻⁹ of itself; independent errors of some
    # dozens of layers stay below a few of those. Against what differs between images:
    spread = np.linalg.norm(full - full.mean(axis=0))
    assert 0 < np.linalg.norm(half - full) / spread < 8 * 2**-9


def test_a_processor_s_own_width_is_one_that_it_has() -> None:
    can = torch.cpu.get_capabilities()
    own = native_precision("cpu")
    assert (own == "bfloat16") == bool(can.get("avx512_bf16") or can.get("amx_bf16"))
