"""The model registry. Reading order: label snapshot, run, version, prediction, acquisition."""

from .acquisition import AcquisitionRound
from .prediction import Prediction, ScoringChunk, ScoringRun
from .run import TrainingRun
from .snapshot import LabelSnapshot
from .version import ModelVersion

__all__ = [
    "AcquisitionRound",
    "LabelSnapshot",
    "ModelVersion",
    "Prediction",
    "ScoringChunk",
    "ScoringRun",
    "TrainingRun",
]
