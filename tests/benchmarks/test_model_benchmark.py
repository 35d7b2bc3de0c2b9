"""The model's benchmark, small: figures of every part, and ratios as they are defined."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch

from benchmarks import model, model_gpu
from benchmarks.model_ways import STRAIGHTFORWARD, Pace, compared
from modelops.predictors.mint.checkpoint import load_model

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def silent() -> Callable[[str], None]:
    return lambda _line: None


def test_every_part_of_the_model_is_measured(silent: Callable[[str], None]) -> None:
    plan = model.Plan(
        images=20, rounds=1, full_size=False, epochs=1, head_images=40, questions=2, gpu_images=9
    )
    found = model.measure(plan, silent)
    ways = [(row["files"], row["way"]) for row in found["scoring"] if "way" in row]
    for files in ("384 px JPEG", "512 px PNG"):
        assert (files, STRAIGHTFORWARD) in ways
        assert (files, "engine, float32") in ways
    # Float32 differs by the resize's rounding only, half width by its own: never by much.
    assert all(row.get("difference", 0) < 0.02 for row in found["scoring"])
    assert found["scoring"][-1]["skipped"] == "not asked for"
    # 65 places of 160 numbers of 2 bytes are 20.3 KiB, and a shard has a heading.
    assert 20.3 <= found["trunk"]["kib_per_image"] < 21
    assert [row["width"] for row in found["heads"]] == [160, 768]
    assert model.lines(found)[0].startswith("model")


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    values = np.array([[1.0, 0.0], [-1.0, 0.0]], dtype=np.float32)
    paces = {
        STRAIGHTFORWARD: Pace([8.0, 2.0, 4.0], values),
        "other": Pace([2.0, 1.0, 1.0], values + np.array([0.0, 0.1], dtype=np.float32)),
    }
    base, other = compared(paces, images=4)
    assert (base["ratio"], base["images_per_second"], base["difference"]) == (1.0, 1.0, 0.0)
    # 8/2, 2/1 and 4/1: the median is 4. Four images in a median of 1 s.
    assert (other["ratio"], other["ms_per_image"]) == (4.0, 250.0)
    # √(0.1² + 0.1²) of √(1² + 1²).
    assert other["difference"] == pytest.approx(0.1)


@pytest.fixture
def as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the benchmark asks of a GPU, answered without one."""
    for name in ("reset_peak_memory_stats", "synchronize", "empty_cache"):
        monkeypatch.setattr(torch.cuda, name, lambda: None)
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda: 3 * 2**30)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a processor")
    for name, value in (("_SIDE", 64), ("_SECONDS", 0.05), ("_BATCHES", (2, 4))):
        monkeypatch.setattr(model_gpu, name, value)


def test_the_products_of_an_image_are_counted() -> None:
    """By hand, for the vision transformer of `tiny`: 65 places of 160 numbers, five blocks."""
    places, width, inner = 65, 160, 480
    linear = 2 * places * (4 * width**2 + 2 * width * inner)
    attention = 2 * 2 * places**2 * width
    patches = 2 * 64 * (3 * 14 * 14) * width
    vision = 5 * (linear + attention) + patches
    # The Q-Former has as many blocks of the same width, each with cross-attention to all places
    # (keys and values: 2 products of `width`²), and 8 queries and some words in it.
    cross = 5 * 2 * places * 2 * width**2
    words = 8 + 6  # which look at each other and at 65 places
    more = 5 * (
        2 * words * (8 * width**2 + 4 * width * inner) + 4 * words * (words + places) * width
    )
    found = model_gpu.flops_per_image(load_model("tiny"), ["a red cat"] * 2)
    assert vision + cross < found < vision + cross + more


def test_the_figures_of_a_gpu_are_made_and_shown(
    as_on_a_gpu: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.nn.Module, "to", lambda self, *_args: self)
    monkeypatch.setattr(model, "full_size_model", lambda: load_model("tiny"))
    monkeypatch.setattr(model, "full_size", lambda *_: FULL)
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    monkeypatch.setattr(model, "trunk_cache", lambda *_: TRUNK)
    with TemporaryDirectory() as name:
        items = model._draw(4, Path(name))["384 px JPEG"]
        plan = model.Plan(gpu_images=8)
        found = model._on_gpu(plan, items, Path(name))
    assert not any("skipped" in row for row in found["without_decoding"])
    assert [row["batch"] for row in found["without_decoding"]] == [2, 4, 2, 4]
    assert {row["peak_gib"] for row in found["without_decoding"]} == {3.0}
    shown = "\n".join(model._gpu_lines(found))
    assert "GPU: a processor" in shown
    assert "vit-g, training in bfloat16, batch 8: 0.4 s a step, 12 GiB at most." in shown
    assert "6.0 tokens/s one image at a time, 60.0 for 16 images at once, 18 GiB at most" in shown
    assert "0.3 × the time of 5 steps/s as the released script does it" in shown


FULL = {
    "training": {"seconds_per_step": 0.4, "peak_gib": 12},
    "answering": {
        "images": 16,
        "tokens_per_second": {"one_by_one": 6.0, "batched": 60.0},
        "peak_gib": 18,
    },
}
TRUNK = {
    "preset": "vit-g",
    "frozen_blocks": 22,
    "blocks": 39,
    "steps_per_second": {"straightforward": 5, "without": 10, "with": 15},
    "time_ratios": {"straightforward": 0.3, "without": 0.7, "with": 1.0},
    "fill_seconds": 1,
    "kib_per_image": 707,
}
