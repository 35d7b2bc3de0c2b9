"""Whose published scores are, and how they were published. Pure: no Django."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from .units import HIGHER, UnitScale


class ScoreKind(StrEnum):
    """What published scores are."""

    ACR_MEAN = "acr_mean"
    Z_SCORE = "z_score"
    DMOS = "dmos"
    ELO = "elo"
    OTHER = "other"


@dataclass(frozen=True)
class Source:
    """Scores of one name are one release, on the scale and in the direction of publication."""

    name: str
    minimum: float = 0.0
    maximum: float = 1.0
    direction: str = HIGHER
    score_kind: str = ScoreKind.OTHER.value

    @cached_property
    def scale(self) -> UnitScale:
        return UnitScale(self.minimum, self.maximum, self.direction)
