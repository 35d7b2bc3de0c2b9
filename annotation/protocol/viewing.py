"""What a study checks about viewing conditions before a session begins.

A laboratory controls its screens; elsewhere ITU-T P.913 asks that they be recorded. Each check can
be switched on by itself, and its result is kept with the session. Only the two that say what the
page needs, a window of some size and no phone, turn anybody away.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from workbench.core.strict import strict_from_json

from .errors import ProtocolError

#: ISO/IEC 7810, ID-1: the size of bank cards, in millimetres.
CARD_WIDTH_MM, CARD_HEIGHT_MM = 85.60, 53.98
#: Squares in each bar of greys, from hardly to plainly seen.
GREY_STEPS = 5
#: Largest window, in CSS pixels, that a study may ask for: larger than on common screens.
LARGEST_WINDOW = (2560, 1440)


class Acuity(StrEnum):
    """How well raters say that they see the screen."""

    NORMAL = "normal"
    CORRECTED = "corrected"
    POOR = "poor"


@dataclass(frozen=True)
class ViewingChecks:
    """A study's setting."""

    #: CSS pixels that the window must have; 0 asks for nothing.
    minimum_width: int = 0
    minimum_height: int = 0
    #: Whether a screen held in the hand will do.
    phones: bool = True
    #: How large a pixel is: a bank card is held against the screen.
    card: bool = False
    #: How many grey steps can be told apart, near black and near white.
    greys: bool = False
    #: Which digits are seen on plates in the colours that red–green deficiency confuses.
    plates: bool = False
    #: How well the rater sees, in their own words.
    acuity: bool = False

    def __post_init__(self) -> None:
        for name, most in zip(("minimum_width", "minimum_height"), LARGEST_WINDOW, strict=True):
            value = getattr(self, name)
            if not 0 <= value <= most:
                raise ProtocolError(f"viewing checks: {name} is {value}; give 0 to {most}")

    @property
    def asks(self) -> bool:
        """Whether the rater has something to do before the session."""
        return self.card or self.greys or self.plates or self.acuity

    @property
    def any(self) -> bool:
        return self.asks or bool(self.minimum_width or self.minimum_height) or not self.phones

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What is left out has its default; ProtocolError names what does not fit."""
        return strict_from_json(cls, data, "viewing checks", ProtocolError)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
