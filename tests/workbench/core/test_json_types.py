"""JSON's types are kept apart where forms have texts alone."""

from typing import Any

import pytest
from rest_framework import serializers

from workbench.core.api import ExactSerializer


class Everything(ExactSerializer):
    text = serializers.CharField(required=False, allow_null=True, max_length=3)
    whole = serializers.IntegerField(required=False)
    number = serializers.FloatField(required=False)
    yes = serializers.BooleanField(required=False)
    choice = serializers.ChoiceField(["1", "2"], required=False)
    level = serializers.ChoiceField([1, 2], required=False)
    texts = serializers.ListField(child=serializers.CharField(), required=False)
    scores = serializers.DictField(child=serializers.FloatField(), required=False)
    when = serializers.DateTimeField(required=False)
    key = serializers.UUIDField(required=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", 0),
        ("text", True),
        # Four characters, though only three are kept.
        ("text", "\nabc"),
        ("whole", "1"),
        ("whole", True),
        ("whole", 1.5),
        ("number", "1.5"),
        ("number", False),
        ("yes", "yes"),
        ("yes", 1),
        ("choice", 1),
        ("level", 3),
        ("texts", ["a", 1]),
        ("texts", "a"),
        ("scores", {"quality": "1"}),
        ("when", 0),
        ("key", 7),
    ],
)
def test_a_value_of_another_type_is_refused(name: str, value: Any) -> None:
    data = Everything(data={name: value})
    assert not data.is_valid()
    assert list(data.errors) == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", "0"),
        ("text", None),
        ("whole", 1),
        # JSON has one kind of number: 1.0 is whole.
        ("whole", 1.0),
        ("number", 1),
        ("yes", False),
        ("choice", "1"),
        ("level", 2),
        ("texts", ["a"]),
        ("scores", {"quality": 1}),
        ("when", "2026-11-28T18:53:00Z"),
    ],
)
def test_a_value_of_its_type_is_taken(name: str, value: Any) -> None:
    assert Everything(data={name: value}).is_valid()
