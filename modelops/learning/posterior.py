"""A last layer as a safetensors file."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from workbench.core.files import write_atomically

from .bayes import LastLayer
from .errors import LearningError

FORMAT = "mint-last-layer"
FORMAT_VERSION = "1"


def save_last_layer(layer: LastLayer, path: Path) -> None:
    """Writes the posterior; the covariance factors in float32, everything else in float64."""
    tensors = {name: np.ascontiguousarray(value) for name, value in asdict(layer).items()}
    tensors["factor"] = tensors["factor"].astype(np.float32)
    write_atomically(path, save(tensors, {"format": FORMAT, "version": FORMAT_VERSION}))


def load_last_layer(path: Path) -> LastLayer:
    """Raises LearningError if the file is not a last layer of a version known here."""
    try:
        with safe_open(path, framework="numpy") as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- not a dict
    except (SafetensorError, OSError) as error:
        raise LearningError(
            f"{path}: not a readable last layer ({error}); train the model again"
        ) from error
    if about.get("format") != FORMAT or about.get("version") != FORMAT_VERSION:
        raise LearningError(f"{path}: {about} is not {FORMAT} version {FORMAT_VERSION}")
    return LastLayer(**{name: value.astype(np.float64) for name, value in tensors.items()})
