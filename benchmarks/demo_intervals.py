"""Whether the product's intervals are true in the demo's world: coverage, order and size of errors,
on held-out images and on what is left of the pool."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from modelops.learning.bayes import fit_last_layer
from modelops.learning.calibration import coverage, ence, reliability
from modelops.learning.labels import Labels

from .demo_world import TRUE_PERSPECTIVES, PanelWorld, demo
from .learning_worlds import Array
from .results import table

#: Ratings of the labelled images: one or two each.
_MOST_RATINGS = 2


@dataclass(frozen=True)
class Found:
    """Of 90 % intervals of the expected true score: coverage, Spearman's correlation of standard
    deviation and error, and ENCE."""

    coverage: float
    spearman: float
    ence: float


def measured(perspective: str, pictures: int, labels: int, seed: int) -> tuple[Found, Found]:
    """On the hold-out and on the unlabelled pool, with a random sample of the pool labelled."""
    world, rng = demo(pictures, seed, perspective), np.random.default_rng([seed, 5])
    pool = rng.permutation(np.flatnonzero(~world.held_out))
    chosen, rest = pool[:labels], pool[labels:]
    layer = fit_last_layer(world.looks[chosen], _labels(world, chosen, rng))
    said, truth = layer.predict(world.looks), world.mean_of_all()
    sd = np.hypot(said.posterior_sd[:, 0], said.misfit_sd[:, 0])
    errors = truth - said.mean[:, 0]
    held = np.flatnonzero(world.held_out)
    return _found(errors[held], sd[held]), _found(errors[rest], sd[rest])


def _labels(world: PanelWorld, rows: NDArray[np.intp], rng: np.random.Generator) -> Labels:
    n = rng.integers(1, _MOST_RATINGS + 1, len(rows)).astype(float)
    given = np.stack([world.rate(rows, rng) for _ in range(_MOST_RATINGS)], axis=1)
    given[np.arange(_MOST_RATINGS) >= n[:, None]] = np.nan
    sd = np.full(len(rows), np.nan)
    several = n > 1
    sd[several] = np.nanstd(given[several], axis=1, ddof=1)
    return Labels(np.nanmean(given, axis=1)[:, None], n[:, None], sd[:, None])


def _found(errors: Array, sd: Array) -> Found:
    order = float(stats.spearmanr(sd, np.abs(errors)).statistic)
    return Found(coverage(errors, sd), order, ence(reliability(errors, sd)) or 0.0)


def lines(pictures: int, seeds: int) -> list[str]:
    """Everything for a person: means over seeds, and the least and the most of coverage."""
    rows = []
    for perspective in TRUE_PERSPECTIVES:
        for labels in (150, 300):
            found = [measured(perspective, pictures, labels, seed) for seed in range(seeds)]
            for where, items in zip(("hold-out", "pool"), zip(*found, strict=True), strict=True):
                held = [it.coverage for it in items]
                mean = [
                    np.mean([getattr(it, name) for it in items]) for name in ("spearman", "ence")
                ]
                ends = f"{np.mean(held):.3f}, {min(held):.2f}, {max(held):.2f}"
                rows.append([perspective, labels, where, ends, f"{mean[0]:.2f}", f"{mean[1]:.2f}"])
    head = ["perspective", "labels", "where", "coverage: mean, least, most", "Spearman", "ENCE"]
    return table(head, rows)
