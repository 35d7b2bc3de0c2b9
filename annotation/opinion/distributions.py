"""How opinion scores are distributed, and how far single scores are apart. Pure: no Django."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from .correlation import Floats, Integers

#: Bars of a histogram of images.
BARS = 20
#: Fewer images have no interval of their mean.
_LEAST = 2


@dataclass(frozen=True)
class Distribution:
    """The opinion scores of S images from one perspective."""

    #: How many.
    n: int
    #: NaN without an image.
    mean: float
    #: The 95 % interval of the mean over images drawn at random (Student's t), cut at the scale's
    #: ends; NaN with fewer than two.
    low: float
    high: float
    #: The images' standard deviation (n − 1), NaN with fewer than two.
    sd: float
    #: Ends of the `BARS` bars, (BARS + 1,), and images in each, (BARS,).
    edges: Floats
    counts: Integers


def distribution(values: Floats, limits: tuple[float, float]) -> Distribution:
    """values: (S,), on the scale with these ends; what lies outside widens the bars."""
    n = values.size
    low = float(values.min(initial=limits[0]))
    high = float(values.max(initial=limits[1]))
    counts, edges = np.histogram(values, bins=BARS, range=(low, high))
    if n < _LEAST:
        mean = float(values[0]) if n else np.nan
        return Distribution(n, mean, np.nan, np.nan, np.nan, edges, counts)
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    half = float(stats.t.ppf(0.975, n - 1)) * sd / np.sqrt(n)
    return Distribution(
        n, mean, max(mean - half, low), min(mean + half, high), sd, edges, counts.astype(np.int64)
    )


@dataclass(frozen=True)
class Disagreement:
    """How far single scores of an image are apart, by their mean: the SOS relation (Hoßfeld, Schatz
    and Egger 2011) says variance = a·(m − low)(high − m)."""

    #: (D,): mean and sample variance of the single scores of images whose levels were chosen alike,
    #: and how many images these are.
    mean: Floats
    variance: Floats
    images: Integers
    #: By least squares over all images; NaN if every mean is at an end of the scale.
    a: float


def disagreement(
    histograms: Mapping[tuple[int, ...], int], limits: tuple[float, float]
) -> Disagreement:
    """histograms: votes per level, from the lowest → images that have exactly these; those with one
    vote are passed over. limits: the first and the last level."""
    known = {levels: n for levels, n in histograms.items() if sum(levels) > 1}
    if not known:
        nothing = np.empty(0)
        return Disagreement(nothing, nothing, np.empty(0, np.int64), np.nan)
    votes = np.array(list(known), dtype=np.float64)
    images = np.array(list(known.values()), dtype=np.int64)
    levels = np.linspace(*limits, votes.shape[1])
    n = votes.sum(axis=1)
    mean = votes @ levels / n
    variance = (votes * (levels - mean[:, None]) ** 2).sum(axis=1) / (n - 1)
    return Disagreement(mean, variance, images, _fit(mean, variance, images, limits))


def parabola(a: float, mean: Floats, limits: tuple[float, float]) -> Floats:
    """The variance that the SOS relation expects, the shape of `mean`."""
    found: Floats = a * (mean - limits[0]) * (limits[1] - mean)
    return found


def _fit(mean: Floats, variance: Floats, images: Integers, limits: tuple[float, float]) -> float:
    room = parabola(1.0, mean, limits)
    whole = float((images * room**2).sum())
    return float((images * variance * room).sum()) / whole if whole else np.nan
