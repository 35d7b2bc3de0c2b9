"""Several tests at once: Holm's step-down adjustment (Scandinavian J. of Statistics 6, 1979)."""

import numpy as np

from ..correlation import Floats


def holm(p_values: Floats) -> Floats:
    """Adjusted p-values (M,), in the order given: those up to 5 % are significant, with at most
    5 % chance of even one false claim among all M, however the tests depend on each other."""
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(p_values.size, 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1)
    return adjusted
