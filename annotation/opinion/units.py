"""Converts scores of any scale and direction to 0…1, where 1 is best: the model's scale. All
conversions are here."""

from dataclasses import dataclass

HIGHER, LOWER = "higher", "lower"


@dataclass(frozen=True, slots=True)
class UnitScale:
    """The scale of a release, `minimum` to `maximum`, and whether `higher` or `lower` is better."""

    minimum: float
    maximum: float
    direction: str = HIGHER

    @property
    def range(self) -> float:
        return self.maximum - self.minimum

    def of(self, value: float) -> float:
        """`value` on 0…1."""
        if self.direction == LOWER:
            return (self.maximum - value) / self.range
        return (value - self.minimum) / self.range

    def spread(self, sd: float) -> float:
        """A standard deviation, or another difference without a sign, in shares of the scale."""
        return sd / self.range

    def value(self, unit: float) -> float:
        """The inverse of `of`."""
        if self.direction == LOWER:
            return self.maximum - unit * self.range
        return self.minimum + unit * self.range


#: The scale itself that this module brings others onto.
UNIT_SCALE = UnitScale(0.0, 1.0)
