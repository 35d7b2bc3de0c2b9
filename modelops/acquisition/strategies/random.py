"""Stimuli in random order, for audits: what any other strategy is measured against."""

import numpy as np
from numpy.typing import NDArray

from workbench.core.texts import gettext_noop

from ..base import Pool, Reads


class Random:
    """Each stimulus draws a number; the model's uncertainty plays no part."""

    name = "random"
    label = gettext_noop("Any image, at random")
    version = "1"
    citation = (
        "The baseline of Holzmüller et al., A framework and benchmark for deep batch active "
        "learning for regression, JMLR 24:164 (2023), section 5"
    )
    reads = Reads.NOTHING

    def choose(self, pool: Pool, count: int, seed: int) -> NDArray[np.intp]:
        drawn = self.order(pool, seed)[pool.candidates]
        return pool.candidates[(-drawn).argsort(kind="stable")][:count]

    def order(self, pool: Pool, seed: int) -> NDArray[np.float64]:
        """Drawn in the order of the keys, so that the listing's order plays no part either."""
        numbers = np.empty(len(pool.stimuli))
        drawn = np.random.default_rng(seed).random(len(pool.stimuli))
        numbers[pool.stimuli.argsort(kind="stable")] = drawn
        return numbers


STRATEGY = Random()
