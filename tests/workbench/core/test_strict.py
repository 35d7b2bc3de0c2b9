"""Dataclasses from JSON: every kind of field, and what is said about a value of another type."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest

from workbench.core.strict import strict_from_json


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    size: float
    count: int = 1


@dataclass(frozen=True)
class Outer:
    name: str
    whole: int = 2
    share: float = 0.5
    on: bool = False
    colour: Colour = Colour.RED
    inner: Inner = field(default_factory=lambda: Inner(3.0))
    words: tuple[str, ...] = ()
    parts: tuple[Inner, ...] = ()
    named: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sized: Inner = Inner(9.0, 7)


class SettingError(Exception):
    pass


def read(data: object) -> Outer:
    return strict_from_json(Outer, data, "setting", SettingError)


def test_what_is_left_out_has_its_default() -> None:
    assert read({"name": "a"}) == Outer("a")


def test_each_kind_of_field_is_read() -> None:
    data = {
        "name": "a",
        "whole": 4.0,
        "share": 1,
        "on": True,
        "colour": "blue",
        "inner": {"size": 2.5},
    }
    assert read(data) == Outer("a", 4, 1, True, Colour.BLUE, Inner(2.5, 1))
    assert type(read(data).whole) is int


def test_a_part_within_has_the_defaults_of_the_field_that_holds_it() -> None:
    assert read({"name": "a", "sized": {"size": 1}}).sized == Inner(1, 7)


def test_lists_become_tuples() -> None:
    found = read({"name": "a", "words": ["b", "c"], "parts": [{"size": 1}, {"size": 2}]})
    assert found == Outer("a", words=("b", "c"), parts=(Inner(1), Inner(2)))


def test_objects_by_any_name_become_mappings() -> None:
    assert read({"name": "a", "named": {"b": {"c": "d"}}}).named == {"b": {"c": "d"}}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "setting: None is not an object"),
        ({"name": "a", "size": 1}, "setting: there is no 'size'; it has name, whole, share,"),
        ({}, "setting: name is missing"),
        ({"name": 1}, "setting: name is 1, not a text"),
        ({"name": "a", "whole": 1.5}, "setting: whole is 1.5, not a whole number"),
        ({"name": "a", "whole": True}, "setting: whole is True, not a whole number"),
        ({"name": "a", "share": "half"}, "setting: share is 'half', not a number"),
        ({"name": "a", "share": float("nan")}, "setting: share is nan, not a number"),
        ({"name": "a", "on": 1}, "setting: on is 1, neither true nor false"),
        ({"name": "a", "colour": "green"}, "setting: colour is 'green'; give one of red, blue"),
        ({"name": "a", "colour": ["red"]}, "setting: colour is ['red']; give one of red, blue"),
        ({"name": "a", "inner": 3}, "setting: inner: 3 is not an object"),
        ({"name": "a", "inner": {"count": 1}}, "setting: inner: size is missing"),
        ({"name": "a", "inner": {"size": None}}, "setting: inner: size is None, not a number"),
        ({"name": "a", "words": "ab"}, "setting: words is 'ab', not a list"),
        ({"name": "a", "words": ["b", 2]}, "setting: words 2 is 2, not a text"),
        ({"name": "a", "named": []}, "setting: named: [] is not an object"),
        ({"name": "a", "named": {"b": {"c": 1}}}, "setting: named: b: c is 1, not a text"),
        ({"name": "a", "parts": [{"size": 1, "x": 2}]}, "setting: parts 1: there is no 'x'; it"),
    ],
)
def test_what_does_not_fit_is_named(data: Any, message: str) -> None:
    with pytest.raises(SettingError) as caught:
        read(data)
    assert str(caught.value).startswith(message)


def test_a_whole_number_too_large_for_a_float_is_left_to_the_limits() -> None:
    assert read({"name": "a", "share": 10**400}).share == 10**400
