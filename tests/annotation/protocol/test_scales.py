"""Scales that cannot be shown, or whose ends cannot be given, are refused."""

import pytest

from annotation.protocol.errors import ProtocolError
from annotation.protocol.scales import SCALES, Scale


@pytest.mark.parametrize(
    ("kind", "maximum", "step"),
    [
        ("mine", 100, 1e-9),
        ("mine", 100, 1),  # 101 buttons
        ("slider", 100, 0.001),  # 100,001 positions
        ("slider", 5, 0.3),  # 16.67 steps: 5 cannot be given
    ],
)
def test_a_step_that_does_not_fit_is_refused_by_name(
    kind: str, maximum: float, step: float
) -> None:
    with pytest.raises(ProtocolError, match=f"scale {kind}: steps of {step:g} do not divide"):
        Scale(kind, 0, maximum, step)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"levels": 5}, "scale: there is no 'levels'; it has kind, minimum, maximum, step, labels"),
        ({"minimum": "1"}, "scale: minimum is '1', not a number"),
        ({"labels": "abcde"}, "scale: labels is 'abcde', not a list"),
        ({"kind": 5}, "scale: kind is 5, not a text"),
        ({"maximum": 10**400}, "is not within 0…100"),
    ],
)
def test_what_is_no_scale_is_named(change: dict[str, object], says: str) -> None:
    data = {"kind": "acr5", "minimum": 1, "maximum": 5, "step": 1}
    with pytest.raises(ProtocolError, match=says):
        Scale.from_json({**data, **change})


def test_whole_numbers_are_written_one_way() -> None:
    scale = Scale.from_json({"kind": "acr5", "minimum": 1, "maximum": 5, "step": 1})
    assert [type(number) for number in (scale.minimum, scale.maximum, scale.step)] == [float] * 3


def test_the_scales_of_the_field_are_not_refused() -> None:
    levels = {kind: scale.levels for kind, scale in SCALES.items()}
    assert levels == {"acr5": 5, "slider5": 501, "slider100": 101, "acr11": 11}


def test_words_name_each_level_or_lie_along_a_fine_scale() -> None:
    five = Scale("acr5", 1, 5, 1, tuple("abcde"))
    assert (five.named, five.name_of(2.2)) == (True, "b")
    slider = Scale("slider100", 0, 100, 1, ("Bad", "Excellent"))
    assert (slider.named, slider.name_of(33.3)) == (False, "33.3")
    eleven = Scale("acr11", 0, 10, 1, tuple("abcdefghijk"))
    assert (eleven.named, eleven.name_of(9.6)) == (True, "k")


@pytest.mark.parametrize(
    ("kind", "maximum", "words", "says"),
    [
        ("acr5", 4, 2, "2 labels do not name each level$"),
        ("acr11", 10, 1, "1 labels do not name each level, nor are they 2 to 7 along it"),
        ("slider100", 100, 8, "8 labels do not name each level, nor are they 2 to 7 along it"),
    ],
)
def test_too_few_or_too_many_words_are_refused(
    kind: str, maximum: float, words: int, says: str
) -> None:
    with pytest.raises(ProtocolError, match=says):
        Scale(kind, 0, maximum, 1, ("word",) * words)
