"""The page about explanations: shares by hand, search, and a sentence where there is nothing."""

import pytest
from django.test import Client

from annotation.models import Rater, Stimulus, Study
from annotation.opinion.phrases import count_explanations, most_frequent, phrases_of
from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM
from tests.factories import make_explanation, make_rater, make_stimuli
from tests.modelops.labelling import rate

pytestmark = pytest.mark.django_db

PAGE = "/studies/demo/results/explanations/"
FIELD = "authenticity_distortion"


@pytest.fixture
def asking(study: Study) -> Study:
    study.explanation_form = AIGCIQA2023_FORM.to_json()
    study.save(update_fields=["explanation_form"])
    return study


def explain(stimulus: Stimulus, rater: Rater, score: float, level: int, text: str = "") -> None:
    trial = rate(stimulus, rater, (3, score, 3))
    make_explanation(trial, "authenticity", phrases={FIELD: level, "gone": 1}, text=text)


@pytest.fixture
def explained(asking: Study) -> list[Stimulus]:
    """Five answers: with 1, 2 and 2 of five the worst, the worst and the second phrase; with 3 the
    second; with 4 the third. An excluded rater does not count."""
    images = make_stimuli(asking, 5)
    for image, (score, level, text) in zip(
        images,
        ((1, 1, "six fingers"), (2, 1, ""), (2, 2, "Melted CAR"), (3, 2, ""), (4, 3, "a car")),
        strict=True,
    ):
        explain(image, make_rater(asking), score, level, text)
    excluded = make_rater(asking, status=Rater.Status.EXCLUDED)
    explain(images[0], excluded, 1, 3, "car of nobody")
    return images


def test_shares_of_phrases_are_those_of_the_answers_with_such_scores(
    asking: Study, explained: list[Stimulus]
) -> None:
    found = {phrase.level: phrase for phrase in phrases_of(asking)["authenticity"]}
    assert [found[level].chosen for level in (1, 2, 3)] == [(2, 0, 0), (1, 1, 0), (0, 0, 1)]
    assert found[1].answers == (3, 1, 1)
    assert found[1].shares == pytest.approx((2 / 3, 0.0, 0.0))
    assert found[2].shares == pytest.approx((1 / 3, 1.0, 0.0))
    assert found[1].share == pytest.approx(0.4)


def test_the_most_frequent_come_first_and_those_never_chosen_do_not(
    asking: Study, explained: list[Stimulus]
) -> None:
    found = phrases_of(asking)
    assert [item.level for item in most_frequent(found["authenticity"], 2)] == [1, 2]
    assert most_frequent(found["quality"], 5) == []


def test_counts_are_of_what_counts(asking: Study, explained: list[Stimulus]) -> None:
    found = count_explanations(asking)
    assert (found.explanations, found.texts, found.images, found.raters) == (5, 3, 5, 5)


def test_the_page_shows_phrases_and_texts_that_lead_to_images(
    console: Client, asking: Study, explained: list[Stimulus]
) -> None:
    page = console.get(PAGE).content.decode()
    assert "Explanations that count: 5, 3 of them with a text; of images: 5; by raters: 5." in page
    assert 'id="plot-phrases-authenticity"' in page
    assert "Nobody has chosen a phrase yet." in page  # of quality
    assert "six fingers" in page
    assert f"/studies/demo/images/{explained[0].pk}/" in page
    assert "car of nobody" not in page
    assert "3 texts" in page


def test_texts_are_searched_in_any_case(
    console: Client, asking: Study, explained: list[Stimulus]
) -> None:
    page = console.get(PAGE, {"q": " car "}).content.decode()
    assert "2 texts" in page
    assert "Melted CAR" in page
    assert "six fingers" not in page
    assert "No text contains that." in console.get(PAGE, {"q": "%"}).content.decode()
    assert "0 texts" in console.get(PAGE, {"perspective": "quality"}).content.decode()


def test_the_rows_of_the_plot_are_a_file(
    console: Client, asking: Study, explained: list[Stimulus]
) -> None:
    table = console.get(f"{PAGE}plots/phrases-authenticity.csv?raw=1").content.decode()
    lines = table.splitlines()
    assert lines[0] == "phrase,score,percent,chosen,answers"
    assert lines[1].endswith(",low,66.67,2,3")


def test_nothing_said_and_nothing_asked_give_sentences(console: Client, study: Study) -> None:
    assert "Nobody has written a text yet." in console.get(PAGE).content.decode()
    study.explanation_form = {}
    study.save(update_fields=["explanation_form"])
    assert "This study asks for scores alone." in console.get(PAGE).content.decode()
