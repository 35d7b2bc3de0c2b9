"""Methods of opinion scores, one file each, found by name in `METHODS`. Pure: no Django."""

from . import (
    aigciqa2023,
    bias_removed,
    bt500,
    mos,
    ordinal,
    p910,
    p913,
    subject_map,
    zscore,
)
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
    "aigciqa2023",
    "bias_removed",
    "bt500",
    "mos",
    "ordinal",
    "p910",
    "p913",
    "subject_map",
    "zscore",
]
