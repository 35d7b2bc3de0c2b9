"""The perspectives from which a study asks for scores: any number from one up."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from workbench.core.strict import strict_from_json

from .errors import ProtocolError
from .scales import Scale

#: Of a key, which is part of column names in manifests and exports.
KEY_LENGTH, KEY_PATTERN = 40, r"^[a-z][a-z0-9_]*$"

#: Stands for all of a study's perspectives in place of a key, so no key may be this.
ALL_TOGETHER = "overall"


@dataclass(frozen=True)
class PerspectiveSettings:
    """How a study asks for one perspective; `help` is for raters who ask what is meant."""

    key: str
    label: str
    question: str
    scale: Scale
    help: str = ""

    def __post_init__(self) -> None:
        if len(self.key) > KEY_LENGTH or not re.fullmatch(KEY_PATTERN, self.key):
            raise ProtocolError(
                f"perspective {self.key!r}: give a key of up to {KEY_LENGTH} lower-case letters, "
                "digits and _, starting with a letter"
            )
        if self.key == ALL_TOGETHER:
            raise ProtocolError(
                f"perspective {self.key!r}: this key means all perspectives together; give another"
            )
        if not self.label.strip():
            raise ProtocolError(f"perspective {self.key}: give it a label")

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Raises ProtocolError naming what is unknown, missing, or not what it should be."""
        key = data.get("key") if isinstance(data, Mapping) else None
        place = f"perspective {key!r}" if key else "perspective"
        return strict_from_json(cls, data, place, ProtocolError)

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "label": self.label,
            "question": self.question,
            "scale": self.scale.to_json(),
            "help": self.help,
        }


def parse_perspectives(data: Sequence[Mapping[str, Any]]) -> tuple[PerspectiveSettings, ...]:
    """The settings of a study's perspectives, in its order.

    Raises ProtocolError if there is none, or if one is malformed or appears twice.
    """
    if not isinstance(data, list | tuple):
        raise ProtocolError("perspectives: give a list of at least one")
    return each_once(tuple(PerspectiveSettings.from_json(item) for item in data))


def each_once(perspectives: tuple[PerspectiveSettings, ...]) -> tuple[PerspectiveSettings, ...]:
    """Raises ProtocolError if there is none, or if one appears twice."""
    if not perspectives:
        raise ProtocolError("perspectives: give a list of at least one")
    keys = [item.key for item in perspectives]
    doubled = next((key for key in keys if keys.count(key) > 1), None)
    if doubled is not None:
        raise ProtocolError(f"perspectives: {doubled} is there twice")
    return perspectives
