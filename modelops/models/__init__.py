"""The model registry. Reading order: label snapshot, predictor, run, version, head,
prediction, explanation, acquisition, what is read of prompts."""

from .acquisition import AcquisitionRound
from .explanation import Assessment, ExplainingRun, PredictedExplanation
from .head import Head
from .prediction import Prediction, ScoringChunk, ScoringRun
from .predictor import Predictor
from .reading import PromptReading
from .run import TrainingRun
from .snapshot import LabelSnapshot
from .version import ModelVersion

__all__ = [
    "AcquisitionRound",
    "Assessment",
    "ExplainingRun",
    "Head",
    "LabelSnapshot",
    "ModelVersion",
    "PredictedExplanation",
    "Prediction",
    "Predictor",
    "PromptReading",
    "ScoringChunk",
    "ScoringRun",
    "TrainingRun",
]
