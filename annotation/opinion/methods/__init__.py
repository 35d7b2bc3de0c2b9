"""Methods of opinion scores, one file each, found by name in `METHODS`. Pure: no Django."""

from . import bias_removed, mos
from .base import METHODS, Estimates, Method, OpinionError, ScaleLimits, Votes

__all__ = [
    "METHODS",
    "Estimates",
    "Method",
    "OpinionError",
    "ScaleLimits",
    "Votes",
    "bias_removed",
    "mos",
]
