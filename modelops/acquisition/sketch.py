"""Random projections: few numbers for many, distances kept."""

import numpy as np
from numpy.typing import NDArray

#: A Gaussian projection to so many dimensions keeps squared distances to about ±√(2/128) = 13 %.
#: Measured: choices by 64 dimensions taught a model as much as those by all (docs/decisions/012).
SKETCH_DIMENSIONS = 128


def projection(width: int, seed: int) -> NDArray[np.float64] | None:
    """(width, SKETCH_DIMENSIONS), which keeps inner products in expectation; None if there are no
    more dimensions than that."""
    if width <= SKETCH_DIMENSIONS:
        return None
    rng = np.random.default_rng(seed)
    return rng.normal(0, SKETCH_DIMENSIONS**-0.5, (width, SKETCH_DIMENSIONS))
