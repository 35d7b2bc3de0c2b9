"""Light backbones beside the published one: ratios as they are defined, on models that embed."""

import numpy as np
import pytest

from benchmarks.model_backbones import PUBLISHED, compared
from benchmarks.model_ways import Pace


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    nothing = np.empty((0, 1), dtype=np.float32)
    paces = {
        PUBLISHED: Pace([9.0, 4.0, 6.0], nothing),
        "light": Pace([3.0, 1.0, 1.0], nothing),
    }
    base, light = compared(paces, images=2)
    assert (base["backbone"], base["seconds_per_image"], base["ratio"]) == (PUBLISHED, 3.0, 1.0)
    # 9/3, 4/1 and 6/1.
    assert (light["seconds_per_image"], light["ratio"]) == (pytest.approx(0.5), 4.0)
