"""Which stimuli are worth a person's time: one file per strategy, found by name."""

from .base import Pool, Ranking, Reads, Strategy
from .ranks import rank
from .registry import DEFAULT_STRATEGY, STRATEGIES

__all__ = [
    "DEFAULT_STRATEGY",
    "STRATEGIES",
    "Pool",
    "Ranking",
    "Reads",
    "Strategy",
    "rank",
]
