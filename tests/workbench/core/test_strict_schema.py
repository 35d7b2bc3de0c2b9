"""The schema of a dataclass allows what is read, and nothing that is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from workbench.core.strict import strict_from_json
from workbench.core.strict_schema import schema_of


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Frame:
    width: int
    depth: float = 0.5


@dataclass(frozen=True)
class Picture:
    title: str
    frame: Frame = Frame(3)
    colour: Colour = Colour.RED
    sizes: tuple[int, ...] = ()
    spare: tuple[Frame, ...] = ()
    signed: bool = False


@dataclass(frozen=True)
class Wall:
    weights: Mapping[str, float]


READ: list[tuple[type, Any]] = [
    (Frame, {"width": 1}),
    (Frame, {"width": 2.0, "depth": 1}),
    (Wall, {"weights": {}}),
    (Wall, {"weights": {"left": 0.5}}),
    (Picture, {"title": "", "colour": "blue", "sizes": [1, 2], "signed": True}),
    (Picture, {"title": "a", "frame": {"depth": 2}, "spare": [{"width": 1}]}),
]
REFUSED: list[tuple[type, Any]] = [
    (Frame, []),
    (Frame, {}),
    (Frame, {"width": 1, "height": 1}),
    (Frame, {"width": 1.5}),
    (Frame, {"width": True}),
    (Frame, {"width": "1"}),
    (Wall, {"weights": []}),
    (Wall, {"weights": {"left": "0.5"}}),
    (Picture, {"title": 1}),
    (Picture, {"title": "a", "colour": "green"}),
    (Picture, {"title": "a", "sizes": ["1"]}),
    (Picture, {"title": "a", "spare": [{"depth": 1}]}),
    (Picture, {"title": "a", "signed": 1}),
]


@pytest.mark.parametrize(("cls", "data"), READ)
def test_what_is_read_is_allowed(cls: type, data: Any) -> None:
    strict_from_json(cls, data, "picture", ValueError)
    assert Draft202012Validator(schema_of(cls)).is_valid(data)


@pytest.mark.parametrize(("cls", "data"), REFUSED)
def test_what_is_refused_is_not_allowed(cls: type, data: Any) -> None:
    with pytest.raises(ValueError, match=r"^picture"):
        strict_from_json(cls, data, "picture", ValueError)
    assert not Draft202012Validator(schema_of(cls)).is_valid(data)


def test_defaults_and_limits_are_told() -> None:
    found = schema_of(Picture, {"frame.depth": (0, 2)})["properties"]
    assert found["colour"]["default"] == "red"
    depth = {"type": "number", "minimum": 0, "maximum": 2, "default": 0.5}
    assert found["frame"]["properties"]["depth"] == depth
