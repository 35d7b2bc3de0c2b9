"""Mean opinion score, standard deviation and 95 % confidence interval per stimulus.

ITU-T P.910 (2023) section 8 and ITU-R BT.500-15 Annex 1: the interval is that of a mean of n
scores; with the few ratings per image that active collection gives, Student's t is used instead of
1.96 (the two agree for large n).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Student's t, 97.5 % point, for 1…10 degrees of freedom.
_T_975 = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281)
_Z_975 = 1.959964
#: Effective numbers that miss a whole one by less were added up.
_EQUAL = 1e-9


@dataclass(frozen=True)
class OpinionScores:
    """Four arrays of one shape, one entry per stimulus (or stimulus and perspective).

    `sd` is the sample standard deviation (n − 1) of the scores and `ci95` the half-width of the
    interval around `mean`; both are NaN where fewer than two scores exist, `mean` where none does.
    """

    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    n: NDArray[np.int64]
    ci95: NDArray[np.float64]


def opinion_scores(
    scores: ArrayLike, groups: ArrayLike, size: int, weights: ArrayLike | None = None
) -> OpinionScores:
    """Opinion scores of `size` groups from single ratings.

    `scores` (R,) are ratings on any scale; `groups` (R,) says in 0…size − 1 which stimulus (or
    stimulus and perspective) each is of; `weights` (R,) above 0 say how much each counts, all the
    same where left out. With weights, `sd` is the unbiased one for weights of reliability,
    Σw(x − x̄)² / (Σw − Σw²/Σw), and `ci95` that of (Σw)²/Σw² scores (Kish's effective number).

    Raises ValueError where a score is not finite, a weight not above 0 or a group out of range.
    """
    values = np.asarray(scores, dtype=np.float64).reshape(-1)
    index = np.asarray(groups, dtype=np.int64).reshape(-1)
    weight = np.ones_like(values) if weights is None else np.asarray(weights, dtype=np.float64)
    _check(values, index, size, weight)
    n = np.bincount(index, minlength=size)
    total = np.bincount(index, weights=weight, minlength=size)
    squared = np.bincount(index, weights=weight**2, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(index, weights=weight * values, minlength=size) / total
        # Deviations from each group's own mean: no cancellation, unlike E[x²] − E[x]².
        deviations = weight * (values - mean[index]) ** 2
        squares = np.bincount(index, weights=deviations, minlength=size)
        sd = np.sqrt(np.where(n > 1, squares / (total - squared / total), np.nan))
        effective = total**2 / squared
        # Between two whole numbers of degrees the wider interval is taken.
        degrees = np.floor(np.nan_to_num(effective) + _EQUAL).astype(int) - 1
        ci95 = np.array([student_t_975(int(item)) for item in degrees]) * sd / np.sqrt(effective)
    return OpinionScores(mean, sd, n, ci95)


def _check(
    values: NDArray[np.float64],
    index: NDArray[np.int64],
    size: int,
    weight: NDArray[np.float64],
) -> None:
    if values.shape != index.shape:
        raise ValueError(f"{values.size} scores but {index.size} groups; give one group per score")
    if not np.isfinite(values).all():
        raise ValueError(f"score {int(np.argmin(np.isfinite(values)))} is not a finite number")
    if weight.shape != values.shape:
        raise ValueError(f"{values.size} scores but {weight.size} weights; give one per score")
    if not (np.isfinite(weight) & (weight > 0)).all():
        raise ValueError("a weight is not a finite number above 0")
    if index.size and not (index.min() >= 0 and index.max() < size):
        raise ValueError(f"a group lies outside 0…{size - 1}")


def student_t_975(degrees: int) -> float:
    """The 97.5 % point of Student's t: a table up to 10 degrees of freedom, then its expansion.

    The expansion in 1/degrees around the normal point (Abramowitz and Stegun, 26.7.5) is right to
    1e-4 there. NaN without a degree of freedom.
    """
    if degrees < 1:
        return math.nan
    if degrees <= len(_T_975):
        return _T_975[degrees - 1]
    z = _Z_975
    return (
        z
        + (z**3 + z) / (4 * degrees)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3)
    )
