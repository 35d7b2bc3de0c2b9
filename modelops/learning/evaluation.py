"""Agreement between predicted and mean opinion scores on a hold-out.

By the measures of `annotation.opinion.comparison`. PLCC and RMSE are of the predictions themselves:
the model's scale is the labels' scale, so no mapping is fitted in between.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from annotation.opinion.comparison.bootstrap import ClusterDraws, pearson_draws, spearman_draws
from annotation.opinion.comparison.measures import krcc, plcc, rmse, srcc

#: On fewer images a correlation says little; its interval says how little.
FEW_IMAGES = 30
#: On more images the bootstrap does not rank them again in each draw, which would take minutes:
#: the interval is then 3 to 9 % too narrow.
RANKED_AGAIN = 500
#: Intervals that a process keeps.
_KEPT = 256


@dataclass(frozen=True)
class Agreement:
    """Agreement on `n` stimuli; a correlation that is not defined is None.

    Correlations need three stimuli and both sides not constant; RMSE needs one. srcc_low and
    srcc_high: the 95 % interval of the SRCC over draws of whole prompts, if prompts were given.
    """

    srcc: float | None
    plcc: float | None
    krcc: float | None
    rmse: float | None
    n: int
    srcc_low: float | None = None
    srcc_high: float | None = None

    @property
    def on_few(self) -> bool:
        """Whether it is measured on so few images that it may well be chance."""
        return self.n < FEW_IMAGES

    def to_json(self) -> dict[str, float | int | None]:
        return asdict(self)


def evaluate(predicted: ArrayLike, mos: ArrayLike) -> Agreement:
    """Agreement of `predicted` (N,) with `mos` (N,), both on 0…1; a NaN label is left out."""
    x = np.asarray(predicted, dtype=np.float64).reshape(-1)
    y = np.asarray(mos, dtype=np.float64).reshape(-1)
    if x.shape != y.shape:
        raise ValueError(f"{x.size} predictions but {y.size} labels")
    labelled = np.isfinite(y)
    x, y = x[labelled], y[labelled]
    return Agreement(srcc(x, y), plcc(x, y), krcc(x, y), rmse(x, y), x.size)


def evaluate_perspectives(
    predicted: NDArray[np.float64],
    mos: NDArray[np.float64],
    names: Sequence[str],
    prompts: Sequence[str],
) -> dict[str, Agreement]:
    """`evaluate` for each column of two (N, P) arrays, by the column's name, with intervals of the
    SRCC; prompts: of the N images."""
    return {
        name: _with_interval(predicted[:, k], mos[:, k], np.array(prompts, np.str_))
        for k, name in enumerate(names)
    }


def _with_interval(
    predicted: NDArray[np.float64], mos: NDArray[np.float64], prompts: NDArray[np.str_]
) -> Agreement:
    found, known = evaluate(predicted, mos), np.isfinite(mos)
    low, high = srcc_interval_by_prompt(
        tuple(predicted[known].tolist()), tuple(mos[known].tolist()), tuple(prompts[known].tolist())
    ) or (None, None)
    return replace(found, srcc_low=low, srcc_high=high)


def mean_srcc(agreements: Iterable[Agreement]) -> float | None:
    """Over those that are defined; None if none is."""
    known = [item.srcc for item in agreements if item.srcc is not None]
    return sum(known) / len(known) if known else None


@lru_cache(_KEPT)
def srcc_interval_by_prompt(
    predicted: tuple[float, ...], mos: tuple[float, ...], prompt: tuple[str, ...]
) -> tuple[float, float] | None:
    """The 95 % interval of the SRCC of N images over draws of whole prompts; None if the SRCC is
    not defined, or with fewer than four prompts."""
    x, y = np.array(predicted), np.array(mos)
    value = srcc(x, y)
    if value is None:
        return None
    draws = ClusterDraws(np.unique(prompt, return_inverse=True)[1])
    if x.size <= RANKED_AGAIN:
        drawn = spearman_draws(draws, x, y)
    else:
        drawn = pearson_draws(draws, stats.rankdata(x), stats.rankdata(y))
    found = draws.interval(value, drawn)
    return None if found.low is None or found.high is None else (found.low, found.high)
