"""Rating scales (ITU-R BT.500-15 Annex 1; ITU-T P.910 (2023) section 8.1)."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Self

from workbench.core.strict import strict_from_json

from .errors import ProtocolError

#: Nobody can tell more apart, and a page has to show each level (P.910 section 8.1 has eleven).
MOST_POSITIONS, MOST_LEVELS = 10_001, 11
#: A scale of up to so many levels names each or none; a finer one has at most so many words along
#: it.
MOST_NAMED = 7


@dataclass(frozen=True)
class Scale:
    """A closed interval of scores in steps.

    `labels` name the levels of a category scale. On a slider, or for eleven levels, they are
    fewer, and are spaced evenly along the scale (the equal parts of BT.500-15's continuous scales).
    Every scale lies within 0…100, which the database checks too.
    """

    kind: str
    minimum: float
    maximum: float
    step: float
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.minimum < self.maximum <= 100 or not 0 < self.step <= self.maximum:
            raise ProtocolError(
                f"scale {self.kind}: {self.minimum}…{self.maximum} in steps of {self.step} "
                "is not within 0…100"
            )
        for name in ("minimum", "maximum", "step"):
            # JSON has whole numbers, too; a scale's are written one way.
            object.__setattr__(self, name, float(getattr(self, name)))
        steps = (self.maximum - self.minimum) / self.step
        most = MOST_POSITIONS if self.kind.startswith("slider") else MOST_LEVELS
        if abs(steps - round(steps)) > 1e-6 or steps >= most:
            raise ProtocolError(
                f"scale {self.kind}: steps of {self.step:g} do not divide "
                f"{self.minimum:g}…{self.maximum:g} into at most {most} scores; choose another step"
            )
        if self.labels and not (self.named or self._along):
            raise ProtocolError(
                f"scale {self.kind}: {len(self.labels)} labels do not name each level"
                + (f", nor are they 2 to {MOST_NAMED} along it" if self._fine else "")
            )

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Raises ProtocolError naming what is unknown, missing, or not what it should be."""
        return strict_from_json(cls, data, "scale", ProtocolError)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "labels": list(self.labels)}

    def check(self, score: object) -> float:
        """The score as a float on a step of this scale; ProtocolError if it is not one."""
        if (
            isinstance(score, bool)
            or not isinstance(score, int | float)
            # Whole numbers are finite, and may be too large to become a float.
            or (isinstance(score, float) and not math.isfinite(score))
        ):
            raise ProtocolError(f"{score!r} is not a number")
        if not self.minimum <= score <= self.maximum:
            raise ProtocolError(f"{score} is outside {self.minimum:g}…{self.maximum:g}")
        steps = (score - self.minimum) / self.step
        if abs(steps - round(steps)) > 1e-6:
            raise ProtocolError(f"{score} is not on a step of {self.step:g}")
        return float(score)

    @property
    def levels(self) -> int:
        """How many different scores there are."""
        return round((self.maximum - self.minimum) / self.step) + 1

    @property
    def named(self) -> bool:
        """Whether each level has its label."""
        return len(self.labels) == self.levels

    @property
    def _fine(self) -> bool:
        return self.levels > MOST_NAMED

    @property
    def _along(self) -> bool:
        return self._fine and 2 <= len(self.labels) <= MOST_NAMED

    def name_of(self, score: float) -> str:
        """The label of the level nearest to `score`, or the score if levels have none."""
        if not self.named:
            return f"{score:.1f}".removesuffix(".0")
        return self.labels[round((score - self.minimum) / self.step)]

    @property
    def width(self) -> float:
        """How far its ends are apart."""
        return self.maximum - self.minimum

    def to_unit(self, score: float) -> float:
        """The score on 0…1, the model's scale (the published MOS divided by 100)."""
        return (score - self.minimum) / (self.maximum - self.minimum)

    def from_unit(self, unit: float) -> float:
        """The inverse of `to_unit`, without rounding to a step."""
        return self.minimum + unit * (self.maximum - self.minimum)


#: Absolute category rating with five levels (P.910 section 8.1, BT.500-15 table 3).
ACR5 = Scale("acr5", 1, 5, 1, ("Bad", "Poor", "Fair", "Good", "Excellent"))
#: The continuous scale on which AIGCIQA2023 was collected.
SLIDER5 = Scale("slider5", 0, 5, 0.01, ACR5.labels)
SLIDER100 = Scale("slider100", 0, 100, 1, ACR5.labels)
#: The 11-level scale of P.910 (2023) section 8.1.
ACR11 = Scale("acr11", 0, 10, 1, ACR5.labels)
SCALES: dict[str, Scale] = {scale.kind: scale for scale in (ACR5, SLIDER5, SLIDER100, ACR11)}
