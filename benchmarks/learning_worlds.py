"""Worlds for simulated studies: images whose true scores, looks and raters are known."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: A rater's variance around the true score m on 0…1 is SOS_A · 4 · m · (1 - m), the SOS relation
#: (Hoßfeld, Schatz and Egger, QoMEX 2011), whose parameter was .096 on AGIQA-3K; the rest is what
#: raters differ by whatever the image.
SOS_A = 0.096
RATER_SD = 0.1
LEVELS = 5


@dataclass(frozen=True)
class World:
    """N images: looks (N, D), true scores (N,) on 0…1, a rater's standard deviation of each (N,),
    and which are held out."""

    looks: Array
    truth: Array
    spread: Array
    held_out: NDArray[np.bool_]

    def rate(self, rows: NDArray[np.intp], rng: np.random.Generator) -> Array:
        """One rating of each row on 0…1, in steps of a five-level scale."""
        seen = self.truth[rows] + rng.normal(0, self.spread[rows])
        steps = np.rint(seen.clip(0, 1) * (LEVELS - 1))
        rated: Array = steps / (LEVELS - 1)
        return rated


def _world(looks: Array, truth: Array, prompt: NDArray[np.intp], seed: int) -> World:
    """Every fourth prompt is held out."""
    truth = truth.clip(0, 1)
    spread = np.sqrt(RATER_SD**2 + SOS_A * truth * (1 - truth))
    return World(looks, truth, spread, (prompt + seed) % 4 == 0)


def _scores(looks: Array, rng: np.random.Generator, misfit: float = 0.06) -> Array:
    """Linear in the looks but for a misfit."""
    direction = rng.normal(0, 1, looks.shape[1])
    found = looks @ direction
    score: Array = 0.5 + 0.18 * found / found.std() + rng.normal(0, misfit, len(looks))
    return score


def even(images: int, width: int, seed: int) -> World:
    """Images that differ in no particular way."""
    rng = np.random.default_rng([seed, 1])
    looks = rng.normal(size=(images, width)) * np.linspace(2, 0.4, width)
    return _world(looks, _scores(looks, rng), np.arange(images) // 4, seed)


def kinds(images: int, width: int, seed: int) -> World:
    """Clusters by prompt and by generator: ten images of a prompt, six generators, some rare."""
    rng = np.random.default_rng([seed, 2])
    prompt = np.arange(images) // 10
    generator = rng.choice(6, images, p=[0.4, 0.25, 0.15, 0.1, 0.06, 0.04])
    looks = (
        rng.normal(0, 1, (prompt.max() + 1, width))[prompt]
        + rng.normal(0, 1, (6, width))[generator]
        + rng.normal(0, 0.6, (images, width))
    )
    return _world(looks, _scores(looks, rng), prompt, seed)


def odd(images: int, width: int, seed: int, share: float = 0.08) -> World:
    """As `even`, but a share of the images has the looks of another one, and far more so."""
    made = even(images, width, seed)
    rng = np.random.default_rng([seed, 3])
    rows = np.flatnonzero(rng.random(images) < share)
    others = rng.integers(0, images, len(rows))
    made.looks[rows] = made.looks[others] * rng.uniform(1.5, 3, (len(rows), 1))
    # Nobody would hold out a broken image.
    made.held_out[rows] = False
    return made


SIMULATED: Mapping[str, Callable[[int, int, int], World]] = {
    "even": even,
    "kinds": kinds,
    "odd": odd,
}


def labelled(file: Path, score: str, prompt: str, width: int, seed: int) -> World:
    """A data set's mean opinion scores as true scores, with looks that tell part of them and the
    prompt: a head on them reaches about the agreement of a good model."""
    rng = np.random.default_rng([seed, 4])
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    score_of = np.array([float(row[score]) for row in rows])
    truth = (score_of - score_of.min()) / np.ptp(score_of)
    names = {text: number for number, text in enumerate(sorted({row[prompt] for row in rows}))}
    group = np.array([names[row[prompt]] for row in rows])
    standard = (truth - truth.mean()) / truth.std()
    direction = rng.normal(0, 1, width) / np.sqrt(width)
    looks = (
        standard[:, None] * direction
        + rng.normal(0, 0.5, (len(names), width))[group]
        + rng.normal(0, 0.6, (len(rows), width))
    ) * np.linspace(1.5, 0.5, width)
    return _world(looks, truth, group, seed)
