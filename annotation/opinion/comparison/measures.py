"""SRCC, PLCC, KRCC and RMSE of predicted against measured scores.

As used by VQEG and by MINT-IQA (arXiv 2405.07346, section 5). A correlation is None if it is
meaningless: fewer than three images, or one side constant.
"""

import numpy as np
from scipy import stats

from ..correlation import MINIMUM_FOR_CORRELATION, Floats

NORMAL_95 = 1.959964


def defined(x: Floats, y: Floats) -> bool:
    """Whether (N,) and (N,) can correlate."""
    return x.size >= MINIMUM_FOR_CORRELATION and bool(np.ptp(x) > 0 and np.ptp(y) > 0)


def srcc(x: Floats, y: Floats) -> float | None:
    """Spearman's rank correlation; ties share the mean of their ranks."""
    return float(stats.spearmanr(x, y).statistic) if defined(x, y) else None


def plcc(x: Floats, y: Floats) -> float | None:
    """Pearson's correlation of the values themselves, without a mapping."""
    return float(stats.pearsonr(x, y).statistic) if defined(x, y) else None


def krcc(x: Floats, y: Floats) -> float | None:
    """Kendall's τ-b."""
    return float(stats.kendalltau(x, y).statistic) if defined(x, y) else None


def rmse(x: Floats, y: Floats) -> float | None:
    """Root of the mean squared difference, on the scale of both; None without an image."""
    return float(np.sqrt(np.mean((x - y) ** 2))) if x.size else None
