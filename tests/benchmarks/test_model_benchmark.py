"""The model's benchmark, small: figures of every part, and ratios as they are defined."""

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks import model
from benchmarks.model_ways import STRAIGHTFORWARD, Pace, compared

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def silent() -> Callable[[str], None]:
    return lambda _line: None


def test_every_part_of_the_model_is_measured(silent: Callable[[str], None]) -> None:
    plan = model.Plan(images=20, rounds=1, full_size=False, epochs=1, head_images=40, questions=2)
    found = model.measure(plan, silent)
    ways = [(row["files"], row["way"]) for row in found["scoring"] if "way" in row]
    for files in ("384 px JPEG", "512 px PNG", "512 px, as stored"):
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
