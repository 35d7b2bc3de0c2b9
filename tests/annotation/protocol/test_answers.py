from typing import Any

import pytest

from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM, default_perspectives
from annotation.protocol.answers import Reason, parse_answer
from annotation.protocol.errors import ProtocolError
from annotation.protocol.forms import ExplanationForm
from annotation.protocol.scales import ACR5, SLIDER5, SLIDER100, Scale

SCORES = {"quality": 4, "authenticity": 3, "correspondence": 5}


def parse(scores: Any = SCORES, explanations: Any = None, scale: Scale = ACR5) -> Any:
    return parse_answer(scores, explanations or {}, default_perspectives(scale), AIGCIQA2023_FORM)


def test_scores_become_floats_in_the_models_order() -> None:
    answer = parse({"correspondence": 5, "quality": 4, "authenticity": 3})
    assert list(answer.scores.items()) == [
        ("quality", 4.0),
        ("authenticity", 3.0),
        ("correspondence", 5.0),
    ]
    assert answer.reasons == {}


@pytest.mark.parametrize(
    ("scale", "good", "bad"),
    [(ACR5, 1, 1.5), (SLIDER5, 2.53, 2.535), (SLIDER100, 100, 100.5)],
)
def test_a_score_lies_on_a_step_of_its_scale(scale: Scale, good: float, bad: float) -> None:
    assert parse(dict.fromkeys(SCORES, good), scale=scale).scores["quality"] == good
    with pytest.raises(ProtocolError, match="scores: quality: "):
        parse({**dict.fromkeys(SCORES, good), "quality": bad}, scale=scale)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), True, "4", None, [4]])
def test_only_a_finite_number_is_a_score(score: object) -> None:
    with pytest.raises(ProtocolError, match="scores: authenticity: "):
        parse({**SCORES, "authenticity": score})


def test_a_whole_number_of_any_size_is_refused_by_the_scale() -> None:
    with pytest.raises(ProtocolError, match="is outside 1…5"):
        parse({**SCORES, "quality": 10**400})


def test_a_missing_and_an_unknown_perspective_are_named() -> None:
    with pytest.raises(ProtocolError, match="scores: correspondence is missing"):
        parse({"quality": 4, "authenticity": 3})
    with pytest.raises(ProtocolError, match="scores: 'beauty' is not a perspective"):
        parse({**SCORES, "beauty": 1})


def test_an_empty_reason_is_none_and_texts_lose_their_margins() -> None:
    answer = parse(
        explanations={
            "quality": {"phrases": {}, "text": "  "},
            "authenticity": {"phrases": {"authenticity_distortion": 2}, "text": " six fingers\n"},
        }
    )
    assert answer.reasons == {"authenticity": Reason({"authenticity_distortion": 2}, "six fingers")}


def test_a_study_without_a_form_takes_no_phrases() -> None:
    with pytest.raises(ProtocolError, match="the form has no field 'quality_clarity'"):
        parse_answer(
            SCORES,
            {"quality": {"phrases": {"quality_clarity": 1}}},
            default_perspectives(),
            ExplanationForm(),
        )


@pytest.mark.parametrize("text", ["a\0b", "\ud83d", "\udc00x"])
def test_a_text_that_the_database_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError, match="explanations: quality: text"):
        parse(explanations={"quality": {"text": text}})
