"""The stimuli whose expected score the model knows least come first."""

import numpy as np
from numpy.typing import NDArray

from workbench.core.texts import gettext_noop

from ..base import Pool, Reads


class Epistemic:
    """By the posterior standard deviation alone. It asks for many stimuli of a kind: a strategy to
    compare with more than one to use."""

    name = "epistemic"
    label = gettext_noop("The images that the model is least sure of")
    version = "1"
    citation = (
        "Uncertainty sampling: Lewis and Gale, A sequential algorithm for training text "
        "classifiers, SIGIR 1994; for regression, MaxDiag in Holzmüller et al., A framework and "
        "benchmark for deep batch active learning for regression, JMLR 24:164 (2023), section 4.3"
    )
    #: Only to know which images are odd: of those it would be least sure.
    reads = Reads.EMBEDDING

    def choose(self, pool: Pool, count: int, seed: int) -> NDArray[np.intp]:
        """Ties go to the lower key."""
        sd, keys = pool.posterior_sd[pool.candidates], pool.stimuli[pool.candidates]
        return pool.candidates[np.lexsort((keys, -sd))][:count]

    def order(self, pool: Pool, seed: int) -> NDArray[np.float64]:
        return pool.posterior_sd


STRATEGY = Epistemic()
