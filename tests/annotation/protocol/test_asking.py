"""For which scores reasons are asked."""

import pytest

from annotation.protocol.errors import ProtocolError
from annotation.protocol.forms import ExplanationAsking, When, is_asked
from annotation.protocol.scales import ACR5, SLIDER5, Scale


def test_every_image_asks_by_default() -> None:
    asking = ExplanationAsking.from_json({})
    assert {asking.up_to(seed, 7) for seed in range(50)} == {1.0}
    assert all(is_asked(1.0, ACR5, score) for score in (1, 3, 5))


def test_a_share_asks_for_all_scores_of_that_many_images() -> None:
    asking = ExplanationAsking(When.SHARE, share=0.25)
    asked = [asking.up_to(3, stimulus) for stimulus in range(4000)]
    assert set(asked) == {1.0, None}
    # A quarter of 4,000, within four standard errors of √(4,000 · ¼ · ¾) = 27.4.
    assert abs(asked.count(1.0) - 1000) < 110
    assert not is_asked(None, ACR5, 1)


def test_chance_is_that_of_session_and_image_alone() -> None:
    asking = ExplanationAsking(When.SHARE, share=0.5)
    first = [asking.up_to(3, stimulus) for stimulus in range(64)]
    assert [asking.up_to(3, stimulus) for stimulus in range(64)] == first
    assert [asking.up_to(4, stimulus) for stimulus in range(64)] != first


@pytest.mark.parametrize(
    ("level", "scale", "asked", "not_asked"),
    [
        (2, ACR5, [1, 2], [3, 4, 5]),
        (1, ACR5, [1], [2, 5]),
        # Level 2 of 1…5 is at a quarter; of 0…5 that is 1.25.
        (2, SLIDER5, [0, 1.24, 1.25], [1.26, 5]),
    ],
)
def test_low_is_as_low_on_every_scale(
    level: int, scale: Scale, asked: list[float], not_asked: list[float]
) -> None:
    up_to = ExplanationAsking(When.LOW, level=level).up_to(1, 1)
    assert all(is_asked(up_to, scale, score) for score in asked)
    assert not any(is_asked(up_to, scale, score) for score in not_asked)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "is not an object"),
        ({"often": 1}, "there is no 'often'; it has when, share, level"),
        ({"when": "never"}, "give one of every, share, low"),
        ({"share": 0}, "share is 0; give more than 0, to 1"),
        ({"share": float("nan")}, "share is nan, not a number"),
        ({"share": "half"}, "share is 'half', not a number"),
        ({"level": 5}, "level is 5; give 1 to 4"),
        ({"level": 1.5}, "level is 1.5, not a whole number"),
        ({"level": True}, "level is True, not a whole number"),
    ],
)
def test_what_does_not_fit_is_named(data: object, message: str) -> None:
    with pytest.raises(ProtocolError, match="explanation asked") as caught:
        ExplanationAsking.from_json(data)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_a_setting_survives_its_json() -> None:
    asking = ExplanationAsking(When.LOW, 0.5, 3)
    assert ExplanationAsking.from_json(asking.to_json()) == asking
