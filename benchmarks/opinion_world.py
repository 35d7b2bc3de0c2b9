"""Simulated panels of discrete votes, and the scores that are true in them.

**What is true**: of an image, the vote that a rater drawn from the population would give on
average, with biases, inconsistencies and lapses as they occur there, after rounding and the ends
of the scale: no property of the panel that happened to rate. An interval of a score covers if this
number is in it.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from annotation.opinion.methods import ScaleLimits, Votes

Floats = NDArray[np.float64]

ACR5 = ScaleLimits(1, 5, 5)
#: How many raters stand for the population, and between which opinions truth is tabulated.
_POPULATION = 4_000
_OPINIONS = np.linspace(0, 6.5, 131)


@dataclass(frozen=True)
class Population:
    """Raters of a five-level scale, in steps; a vote is the nearest level, or a lapse."""

    #: Standard deviation of biases.
    bias: float = 0.35
    #: Median inconsistency, and the standard deviation of its logarithm.
    inconsistency: float = 0.65
    uneven: float = 0.3
    #: Shares of votes that are any level by chance; a rater has one of these.
    lapses: tuple[float, ...] = (0.02,)
    #: Mean and standard deviation of images' qualities.
    quality: tuple[float, float] = (3.2, 0.9)

    def raters(self, generator: np.random.Generator, number: int) -> tuple[Floats, Floats, Floats]:
        """Bias, inconsistency and share of lapses, each (number,)."""
        bias = generator.normal(0, self.bias, number)
        spread = self.inconsistency * np.exp(generator.normal(0, self.uneven, number))
        return bias, spread, generator.choice(self.lapses, number)

    def true_scores(self, quality: Floats) -> Floats:
        """What the population votes on average on images of these qualities; (S,)."""
        return np.interp(quality, _OPINIONS, self._expected())

    @cache  # noqa: B019 - a handful of populations
    def _expected(self) -> Floats:
        """By opinion of `_OPINIONS`."""
        bias, spread, lapse = self.raters(np.random.default_rng(0), _POPULATION)
        expected = np.full((_OPINIONS.size, _POPULATION), float(ACR5.minimum))
        for threshold in (1.5, 2.5, 3.5, 4.5):
            expected += ndtr((_OPINIONS[:, None] + bias - threshold) / spread)
        by_chance = (ACR5.minimum + ACR5.maximum) / 2
        found: Floats = ((1 - lapse) * expected + lapse * by_chance).mean(axis=1)
        return found


@dataclass(frozen=True)
class Panel:
    """How many images, raters, and ratings per image; the first raters answer by chance alone."""

    images: int
    raters: int
    each: int
    random: int = 0

    def draw(self, population: Population, generator: np.random.Generator) -> tuple[Votes, Floats]:
        """The votes, and the images' qualities, (S,)."""
        quality = np.clip(generator.normal(*population.quality, self.images), 0.8, 5.2)
        bias, spread, lapse = population.raters(generator, self.raters)
        stimulus = np.repeat(np.arange(self.images), self.each)
        order = np.argsort(generator.random((self.images, self.raters)), axis=1)
        subject = order[:, : self.each].ravel()
        noise = spread[subject] * generator.normal(size=stimulus.size)
        score = np.clip(np.rint(quality[stimulus] + bias[subject] + noise), 1, 5)
        chance = generator.random(stimulus.size) < lapse[subject]
        chance |= subject < self.random
        score[chance] = generator.integers(1, 6, int(chance.sum()))
        votes = Votes.of(
            score, stimulus, subject, scale=ACR5, stimuli=self.images, subjects=self.raters
        )
        return votes, quality
