"""The model registry. Reading order: label snapshot, run, version, prediction,
explanation, acquisition."""

from .acquisition import AcquisitionRound
from .explanation import Assessment, ExplainingRun, PredictedExplanation
from .prediction import Prediction, ScoringChunk, ScoringRun
from .run import TrainingRun
from .snapshot import LabelSnapshot
from .version import ModelVersion

__all__ = [
    "AcquisitionRound",
    "Assessment",
    "ExplainingRun",
    "LabelSnapshot",
    "ModelVersion",
    "PredictedExplanation",
    "Prediction",
    "ScoringChunk",
    "ScoringRun",
    "TrainingRun",
]
