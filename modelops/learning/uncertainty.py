"""What the standard deviations of a prediction amount to together."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def epistemic_sd(posterior_sd: ArrayLike, misfit_sd: ArrayLike) -> NDArray[np.float64]:
    """√(posterior² + misfit²): how far a stimulus's true score, the mean of ever more raters, may
    be from the expected one. Labels lessen the first part only."""
    return np.hypot(np.asarray(posterior_sd, np.float64), np.asarray(misfit_sd, np.float64))
