"""Agreement between predicted and mean opinion scores on a hold-out.

SRCC, PLCC, KRCC and RMSE as used by VQEG and by MINT-IQA (arXiv 2405.07346, section 5). PLCC and
RMSE are of the predictions themselves: the model's scale is the labels' scale, so no logistic
mapping is fitted in between.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

#: Below this a correlation is meaningless (two points always correlate perfectly).
MINIMUM_FOR_CORRELATION = 3
#: On fewer images a correlation says little; its interval says how little.
FEW_IMAGES = 30
_NORMAL_95 = 1.959964


@dataclass(frozen=True)
class Agreement:
    """Agreement on `n` stimuli; a correlation that is not defined is None.

    Correlations need three stimuli and both sides not constant; RMSE needs one.
    """

    srcc: float | None
    plcc: float | None
    krcc: float | None
    rmse: float | None
    n: int

    @property
    def srcc_interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the SRCC, by Fisher's z with the standard error of Bonett and
        Wright (Psychometrika 65, 2000): √((1 + r²/2) / (n − 3)). None below four images."""
        if self.srcc is None or self.n <= MINIMUM_FOR_CORRELATION:
            return None
        if abs(self.srcc) >= 1:
            return self.srcc, self.srcc
        error = math.sqrt((1 + self.srcc**2 / 2) / (self.n - 3))
        z = math.atanh(self.srcc)
        return math.tanh(z - _NORMAL_95 * error), math.tanh(z + _NORMAL_95 * error)

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
    if x.size == 0:
        return Agreement(None, None, None, None, 0)
    rmse = float(np.sqrt(np.mean((x - y) ** 2)))
    if x.size < MINIMUM_FOR_CORRELATION or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Agreement(None, None, None, rmse, x.size)
    return Agreement(_srcc(x, y), _plcc(x, y), _krcc(x, y), rmse, x.size)


def evaluate_perspectives(
    predicted: NDArray[np.float64], mos: NDArray[np.float64], names: Sequence[str]
) -> dict[str, Agreement]:
    """`evaluate` for each column of two (N, P) arrays, by the column's name."""
    return {name: evaluate(predicted[:, k], mos[:, k]) for k, name in enumerate(names)}


def mean_srcc(agreements: Iterable[Agreement]) -> float | None:
    """Over those that are defined; None if none is."""
    known = [item.srcc for item in agreements if item.srcc is not None]
    return sum(known) / len(known) if known else None


def _srcc(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return float(stats.spearmanr(x, y).statistic)


def _plcc(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return float(stats.pearsonr(x, y).statistic)


def _krcc(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return float(stats.kendalltau(x, y).statistic)
