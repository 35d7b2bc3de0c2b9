"""Simulated studies whose generators' true means are known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from annotation.opinion.comparison.means import Images
from annotation.opinion.methods import ScaleLimits, Votes

Model = Callable[[np.random.Generator, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class World:
    """A study, and the true mean of each generator, (G,)."""

    votes: Votes
    images: Images
    true: np.ndarray


def world(
    random: np.random.Generator,
    *,
    prompts: int = 60,
    generators: int = 4,
    raters: int = 20,
    per_image: int = 3,
    labelled: float = 1.0,
    model: Model | None = None,
) -> World:
    """Prompts, raters, raters with prompts and with generators, images and single scores differ by
    chance; a share `labelled` of the images is rated, each by `per_image`."""
    size = prompts * generators
    prompt, generator = np.divmod(np.arange(size), generators)
    true = np.linspace(2.7, 3.3, generators)
    quality = true[generator] + random.normal(0, 0.4, prompts)[prompt] + random.normal(0, 0.4, size)
    rated = np.flatnonzero(random.random(size) < labelled)
    stimulus = np.repeat(rated, per_image)
    rater = _raters(random, rated.size, raters, per_image)
    score = (
        quality[stimulus]
        + random.normal(0, 0.3, raters)[rater]
        + random.normal(0, 0.15, (raters, generators))[rater, generator[stimulus]]
        + random.normal(0, 0.2, (raters, prompts))[rater, prompt[stimulus]]
        + random.normal(0, 0.7, stimulus.size)
    )
    limits = ScaleLimits(-20, 30, 101)
    return World(
        Votes.of(score, stimulus, rater, scale=limits, stimuli=size, subjects=raters),
        Images.of(prompt, generator, predicted=None if model is None else model(random, quality)),
        true,
    )


def _raters(random: np.random.Generator, images: int, raters: int, per_image: int) -> np.ndarray:
    """Of each score, image by image: an image's raters are neighbours in a circle of all, so that
    they differ, however many there are."""
    first = random.integers(0, raters, (images, 1))
    order = random.permutation(raters)
    chosen: np.ndarray = order[(first + np.arange(per_image)) % raters].reshape(-1)
    return chosen


def good(random: np.random.Generator, quality: np.ndarray) -> np.ndarray:
    """A model whose predictions correlate by about .8, and that likes some generators too well."""
    liked = np.resize([0.3, 0.0, -0.3, 0.1], quality.size)
    predicted: np.ndarray = quality + liked + random.normal(0, 0.4, quality.size)
    return predicted


def close(random: np.random.Generator, quality: np.ndarray) -> np.ndarray:
    """Likewise, by .93 within a generator: by .78 with the mean of eight ratings."""
    liked = np.resize([0.3, 0.0, -0.3, 0.1], quality.size)
    predicted: np.ndarray = quality + liked + random.normal(0, 0.22, quality.size)
    return predicted


def bad(random: np.random.Generator, quality: np.ndarray) -> np.ndarray:
    """Predictions that have nothing to do with the images."""
    return random.normal(3, 0.5, quality.size)
