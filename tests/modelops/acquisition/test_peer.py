"""Choices equal to those of bmdal-reg 3.0.2, the code of Holzmüller et al., on a fixed case:
`LargestClusterMaxDistSelectionMethod` and `MaxDistSelectionMethod` with identity features."""

import numpy as np
import pytest
from numpy.typing import NDArray

from modelops.acquisition.strategies.coreset import coreset
from modelops.acquisition.strategies.lcmd import lcmd

LCMD_POOL = [76, 102, 40, 96, 55, 116, 83, 90, 146, 81, 12, 84, 36, 138, 43, 158, 69, 111, 88, 66, 86, 109, 101, 56, 152]  # fmt: skip # noqa: E501
LCMD_TRAIN_POOL = [11, 39, 125, 116, 66, 40, 20, 146, 37, 72, 117, 64, 96, 102, 63, 103, 110, 114, 143, 41, 76, 19, 38, 148, 32]  # fmt: skip # noqa: E501
MAX_DIST_TRAIN_POOL = [146, 153, 117, 102, 76, 27, 125, 40, 20, 110, 111, 116, 32, 124, 41, 158, 13, 151, 96, 39, 138, 103, 145, 17, 25]  # fmt: skip # noqa: E501


def case(kind: type[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """160 rows to choose from and 40 that are rated, of six features each; without a generator of
    random numbers, so that they are the same everywhere."""
    i, j = np.arange(200)[:, None], np.arange(6)[None]
    waves = np.sin(1.3 * i * (j + 1) + 0.7 * j) + 0.5 * np.cos(0.37 * i + j * j)
    points = np.round(waves * (1 + (i % 7) / 5), 6).astype(kind)
    return points[:160], points[160:]


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_choices_are_those_of_bmdal_reg(kind: type[np.floating]) -> None:
    pool, rated = case(kind)
    assert lcmd(pool, 25, np.random.default_rng(0)).tolist() == LCMD_POOL
    assert lcmd(pool, 25, np.random.default_rng(0), rated).tolist() == LCMD_TRAIN_POOL
    assert coreset(pool, 25, np.random.default_rng(0), rated).tolist() == MAX_DIST_TRAIN_POOL
