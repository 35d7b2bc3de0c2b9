"""Methods of opinion scores, one file each, found by name in `METHODS`. Pure: no Django."""

from . import bias_removed, mos, ordinal, subject_map
from .base import (
    METHODS,
    Estimates,
    Method,
    OpinionError,
    Rescoring,
    ScaleLimits,
    Subjects,
    Votes,
)

__all__ = [
    "METHODS",
    "Estimates",
    "Method",
    "OpinionError",
    "Rescoring",
    "ScaleLimits",
    "Subjects",
    "Votes",
    "bias_removed",
    "mos",
    "ordinal",
    "subject_map",
]
