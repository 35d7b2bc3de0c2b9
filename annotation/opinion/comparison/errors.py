"""The error of comparisons, and the checks that they share."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.errors import MintError

from ..correlation import Floats, Integers


class ComparisonError(MintError):
    """Scores from which a comparison cannot be made, by name."""


def finite(values: ArrayLike, name: str, size: int | None = None) -> Floats:
    """`values` as (N,) floats. Raises ComparisonError if there are not `size` of them, or if one is
    not finite."""
    found = np.asarray(values, dtype=np.float64).reshape(-1)
    _same_size(found, name, size)
    wrong = ~np.isfinite(found)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ComparisonError(f"{name} {at} is {found[at]}, no finite number")
    return found


def places(values: ArrayLike, name: str, size: int, below: int | None = None) -> Integers:
    """`values` as (size,) integers from 0, to below − 1 if given. Raises ComparisonError."""
    found = np.asarray(values, dtype=np.int64).reshape(-1)
    _same_size(found, name, size)
    wrong = found < 0 if below is None else (found < 0) | (found >= below)
    if wrong.any():
        at = int(np.argmax(wrong))
        limits = "number from 0" if below is None else f"it must lie in 0…{below - 1}"
        raise ComparisonError(f"{name} {at} is {found[at]}; {limits}")
    return found


def _same_size(found: NDArray[Any], name: str, size: int | None) -> None:
    if size is not None and found.size != size:
        raise ComparisonError(f"{name} has {found.size} values instead of {size}")
