"""What a model has learnt after so many ratings, by strategy and ratings per image, in a simulated
study: the product's own last layer, strategies and guard, the world's raters."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from annotation.opinion.comparison.measures import srcc
from modelops.acquisition.making import Looks, make_pool
from modelops.acquisition.ranks import draw_candidates, rank
from modelops.acquisition.registry import STRATEGIES
from modelops.acquisition.strategies.typiclust import typiclust
from modelops.learning.bayes import LastLayer, fit_last_layer
from modelops.learning.labels import Labels

from .learning_worlds import World

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
    """A study: its strategy, how many ratings an image gets before the next one, ratings at random
    before the first model, ratings between two models, ratings in all, and the share of images
    drawn at random. begin: what chooses before the first model, `random` or `typiclust`."""

    strategy: str = "lcmd"
    per_image: int = 1
    first: int = 60
    between: int = 60
    ratings: int = 480
    audit: float = 0.12
    begin: str = "random"


@dataclass
class Study:
    """What has been rated: sums, squares and counts of the ratings of each image."""

    world: World
    rng: np.random.Generator
    sums: Array = field(init=False)
    squares: Array = field(init=False)
    counts: Array = field(init=False)

    def __post_init__(self) -> None:
        size = len(self.world.truth)
        self.sums, self.squares, self.counts = np.zeros(size), np.zeros(size), np.zeros(size)

    def rate(self, rows: NDArray[np.intp], times: int) -> None:
        for _ in range(times):
            given = self.world.rate(rows, self.rng)
            self.sums[rows] += given
            self.squares[rows] += given**2
            self.counts[rows] += 1

    def free(self) -> NDArray[np.bool_]:
        """The pool's images that nobody has rated."""
        found: NDArray[np.bool_] = (self.counts == 0) & ~self.world.held_out
        return found

    def fitted(self) -> tuple[LastLayer, NDArray[np.intp]]:
        """The last layer on all that is rated, and which images that are."""
        rows = np.flatnonzero(self.counts)
        n = self.counts[rows]
        mos = self.sums[rows] / n
        with np.errstate(invalid="ignore", divide="ignore"):
            sd = np.sqrt(np.maximum(self.squares[rows] - n * mos**2, 0) / (n - 1))
        sd[n < 2] = np.nan
        labels = Labels(mos[:, None], n[:, None], sd[:, None])
        return fit_last_layer(self.world.looks[rows], labels), rows


def curve(world: World, plan: Plan, seed: int) -> list[tuple[int, float]]:
    """Ratings given and the SRCC with the true scores of the held-out images, model by model."""
    study = Study(world, np.random.default_rng([seed, 7]))
    study.rate(_first(study, plan, seed), plan.per_image)
    found = []
    while True:
        layer, rated = study.fitted()
        held_out = layer.predict(world.looks[world.held_out]).mean[:, 0]
        found.append((int(study.counts.sum()), srcc(held_out, world.truth[world.held_out]) or 0.0))
        if study.counts.sum() >= plan.ratings or not study.free().any():
            return found
        study.rate(_next(study, layer, rated, plan, seed + len(found)), plan.per_image)


def _first(study: Study, plan: Plan, seed: int) -> NDArray[np.intp]:
    """The images rated before there is a model: by chance, or typical ones of the pool's kinds."""
    free, count = np.flatnonzero(study.free()), plan.first // plan.per_image
    if plan.begin == "random":
        return study.rng.permutation(free)[:count]
    looks = study.world.looks[free]
    standard = (looks - looks.mean(axis=0)) / np.maximum(looks.std(axis=0), 1e-9)
    found: NDArray[np.intp] = free[typiclust(standard, count, seed)]
    return found


def _next(
    study: Study, layer: LastLayer, rated: NDArray[np.intp], plan: Plan, seed: int
) -> NDArray[np.intp]:
    """The images rated until the next model: by the strategy, and as many at random as audits."""
    count = plan.between // plan.per_image
    audits = int(study.rng.binomial(count, plan.audit))
    drawn = study.rng.permutation(np.flatnonzero(study.free()))[:audits]
    eligible = study.free()
    eligible[drawn] = False
    wanted = count - len(drawn)
    strategy, looks = STRATEGIES[plan.strategy], study.world.looks
    sd = layer.predict(looks).posterior_sd[:, 0]
    candidates = draw_candidates(eligible, sd, wanted, seed)
    pool = make_pool(
        strategy, layer, np.arange(len(looks)), sd, candidates,
        Looks(looks[candidates], looks[rated]), seed,
    )  # fmt: skip
    return np.concatenate([rank(strategy, pool, wanted, seed).chosen, drawn])


def reached(found: Sequence[tuple[int, float]], aim: float) -> float:
    """Ratings after which the SRCC is `aim` for the first time, between models by interpolation;
    infinite if it never is."""
    before = found[0]
    for ratings, value in found:
        if value >= aim:
            rise = value - before[1]
            share = (aim - before[1]) / rise if rise > 0 else 0.0
            return before[0] + share * (ratings - before[0])
        before = (ratings, value)
    return float("inf")
