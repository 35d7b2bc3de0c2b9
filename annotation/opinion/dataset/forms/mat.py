"""MATLAB files (version 5) that are the same each time. Pure: no Django."""

import io
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.io import savemat

#: A file begins with this many bytes of text, in which SciPy writes when it was made.
_TEXT = 116


def mat(name: str, numbers: npt.NDArray[np.float64], said: Mapping[str, str]) -> bytes:
    """`numbers` as a column of that name, and texts with it; NaN stays NaN."""
    file = io.BytesIO()
    savemat(file, {name: numbers.reshape(-1, 1), **said})  # type: ignore[arg-type]  # it takes open files
    text = f"MATLAB 5.0 MAT-file, {said['dataset']}".encode("ascii", "replace")
    return text[:_TEXT].ljust(_TEXT) + file.getvalue()[_TEXT:]
