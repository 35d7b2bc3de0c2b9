"""Which stimuli are worth a person's time: one file per strategy, found by name."""

from .base import Pool, Ranking, Strategy, rank
from .lcmd import Lcmd
from .posterior import PosteriorSd
from .random import Random
from .registry import DEFAULT_STRATEGY, STRATEGIES

__all__ = [
    "DEFAULT_STRATEGY",
    "STRATEGIES",
    "Lcmd",
    "Pool",
    "PosteriorSd",
    "Random",
    "Ranking",
    "Strategy",
    "rank",
]
