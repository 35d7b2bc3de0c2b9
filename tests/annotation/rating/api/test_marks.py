"""Marks on a free text: taken, revised, refused, and in the exported database."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from annotation.models import Explanation, Prompt, Rater, Study
from annotation.opinion.export.formats import FORMATS
from annotation.opinion.export.records import exported
from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM
from annotation.protocol.forms import ExplanationForm
from tests import factories
from tests.annotation.rating.api.client import RaterClient

BOX = {"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.4}
STROKE = {"points": [[0.5, 0.5], [0.25, 1]], "radius": 0.02}
PHRASES = {
    "authenticity": {"authenticity_distortion": 1},
    "correspondence": {"correspondence_consistency": 1},
}


def reasons(regions: Any = (), words: Any = ()) -> dict[str, Any]:
    marks = {"authenticity": {"regions": list(regions)}, "correspondence": {"words": list(words)}}
    return {key: {"phrases": PHRASES[key], "text": "", **marks[key]} for key in marks}


@pytest.fixture
def marking(study: Study, rater: Rater) -> RaterClient:
    """The standard rater in a study that lets raters mark what a text is about."""
    distorted, mismatch = AIGCIQA2023_FORM.texts
    texts = (replace(distorted, regions=True), replace(mismatch, words=True))
    study.explanation_form = ExplanationForm(AIGCIQA2023_FORM.fields, texts).to_json()
    study.save(update_fields=["explanation_form"])
    factories.make_stimuli(study, 3)
    Prompt.objects.update(text="two red cats")
    return RaterClient(rater).start()


def current(perspective: str) -> Explanation:
    return Explanation.objects.get(perspective__key=perspective, superseded_at=None)


def test_marks_are_kept_with_the_reason(marking: RaterClient) -> None:
    trial = marking.claim()["trials"][0]["id"]
    marking.submit(trial, explanations=reasons([BOX, STROKE], [2, 1]))
    assert marking.status == 200
    assert current("authenticity").regions == [BOX, STROKE]
    assert current("authenticity").words == []
    assert current("correspondence").words == [1, 2]


def test_the_same_marks_again_change_nothing_and_others_make_a_revision(
    marking: RaterClient,
) -> None:
    trial = marking.claim()["trials"][0]["id"]
    unrounded = {**BOX, "x": 0.10000001}
    once = marking.submit(trial, explanations=reasons([unrounded], [0]))
    again = marking.submit(trial, explanations=reasons([unrounded], [0]))
    assert again == once
    body = marking.submit(trial, explanations=reasons([BOX], [0, 2]))
    assert body["trial"]["revision"] == 2
    assert current("authenticity").revision == 1
    assert (current("correspondence").revision, current("correspondence").words) == (2, [0, 2])
    body = marking.submit(trial, explanations=reasons([], [0, 2]))
    assert body["trial"]["revision"] == 3
    assert (current("authenticity").revision, current("authenticity").regions) == (3, [])


@pytest.mark.parametrize(
    ("explanations", "problem"),
    [
        (reasons([{**BOX, "x": 2}]), "authenticity: regions: 1: x: 2 is not a number within 0…1"),
        (reasons(words=[3]), "words: there is no word 3; the prompt's 3 count from 0"),
        ({"quality": {"regions": [BOX]}}, "quality: regions: the form asks for none"),
    ],
)
def test_marks_that_cannot_be_are_refused_and_the_answer_with_them(
    marking: RaterClient, explanations: Any, problem: str
) -> None:
    trial = marking.claim()["trials"][0]["id"]
    body = marking.submit(trial, explanations=explanations)
    assert (marking.status, body["code"]) == (400, "answer_invalid")
    assert problem in body["detail"]
    assert marking.claim()["trials"][0]["id"] == trial


def test_a_word_is_checked_in_a_revision_too(marking: RaterClient) -> None:
    trial = marking.claim()["trials"][0]["id"]
    marking.submit(trial, explanations=reasons(words=[2]))
    assert marking.submit(trial, explanations=reasons(words=[3]))["code"] == "answer_invalid"
    assert current("correspondence").words == [2]


def test_the_study_says_what_may_be_marked(marking: RaterClient) -> None:
    texts = marking.get("session/")["study"]["explanation_form"]["texts"]
    assert [(text["regions"], text["words"]) for text in texts] == [(True, False), (False, True)]


def test_rows_that_are_written_by_sql_alone_have_no_marks(
    study: Study, marking: RaterClient
) -> None:
    trial = marking.claim()["trials"][0]["id"]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO annotation_explanation "
            "(trial_id, perspective_id, phrases, text, language, revision, created_at) "
            "VALUES (%s, %s, '{}', '', 'en', 1, now())",
            [trial, factories.perspective(Study.objects.get(), "quality").pk],
        )
    assert (current("quality").regions, current("quality").words) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_marks_leave_with_the_database(marking: RaterClient, study: Study) -> None:
    trial = marking.claim()["trials"][0]["id"]
    marking.submit(trial, explanations=reasons([BOX], [1]))
    lines = b"".join(exported(study, FORMATS["nested"])).decode().splitlines()
    (answer,) = [trial for line in lines for trial in json.loads(line)["trials"]]
    assert answer["explanations"]["authenticity"]["regions"] == [BOX]
    assert answer["explanations"]["authenticity"]["words"] == []
    assert answer["explanations"]["correspondence"]["words"] == [1]
    table = b"".join(exported(study, FORMATS["explanations"], raw=True)).decode()
    marks = [(row["regions"], row["words"]) for row in csv.DictReader(io.StringIO(table))]
    assert marks == [
        ('[{"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.4}]', ""),
        ("", "[1]"),
    ]
    assert json.loads(marks[0][0]) == [BOX]
