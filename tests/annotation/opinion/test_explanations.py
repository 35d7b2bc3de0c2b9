from annotation.models import Explanation, Rater, Stimulus, Study
from annotation.opinion.explanations import GivenExplanation, explanations_of
from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM
from annotation.protocol.answers import Reason
from tests.factories import make_explanation, make_rater, make_stimulus
from tests.modelops.labelling import rate


def explained(stimulus: Stimulus, rater: Rater, level: int, text: str = "") -> Explanation:
    return make_explanation(
        rate(stimulus, rater, (3, 3, 3)),
        "authenticity",
        phrases={"authenticity_distortion": level, "gone_since": 1},
        text=text,
        language="en",
    )


def given(stimulus: Stimulus, level: int, text: str = "") -> GivenExplanation:
    reason = Reason({"authenticity_distortion": level}, text)
    return GivenExplanation(stimulus.pk, {"authenticity": reason})


def with_form(study: Study) -> Study:
    study.explanation_form = AIGCIQA2023_FORM.to_json()
    study.save(update_fields=["explanation_form"])
    return study


def test_what_counting_raters_said_is_given_by_stimulus(study: Study, rater: Rater) -> None:
    first, second = make_stimulus(with_form(study), 1), make_stimulus(study, 2)
    explained(second, rater, 1, "warped")
    explained(first, rater, 2)
    explained(first, make_rater(study), 3)
    excluded = make_rater(study, status=Rater.Status.EXCLUDED)
    explained(first, excluded, 1)
    assert explanations_of(study) == [given(first, 2), given(first, 3), given(second, 1, "warped")]


def test_what_was_superseded_does_not_count(study: Study, rater: Rater) -> None:
    stimulus = make_stimulus(with_form(study), 1)
    old = explained(stimulus, rater, 1)
    Explanation.objects.filter(pk=old.pk).update(superseded_at=old.created_at)
    make_explanation(old.trial, "authenticity", phrases={"authenticity_distortion": 3}, revision=2)
    assert explanations_of(study) == [given(stimulus, 3)]


def test_published_answers_count_if_they_fit_the_form(study: Study) -> None:
    stimulus = make_stimulus(
        with_form(study),
        1,
        metadata={
            "authenticity_distortion": 1,
            "authenticity_text_en": "six fingers",
            "authenticity_text_zh": "六根手指",
            "quality_clarity": 9,
            "quality_detail": "4",
            "quality_outline": True,
        },
    )
    make_stimulus(study, 2, metadata={"category": "People"})
    assert explanations_of(study) == [given(stimulus, 1, "six fingers")]


def test_a_study_that_asks_for_nothing_has_none(study: Study) -> None:
    study.explanation_form = {}
    study.save(update_fields=["explanation_form"])
    make_stimulus(study, 1, metadata={"quality_clarity": 2})
    assert explanations_of(study) == []
