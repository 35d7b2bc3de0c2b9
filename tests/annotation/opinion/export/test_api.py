"""The export against what was put in, read back by others' readers (csv, json)."""

import csv
import io
import json

import pytest
from django.test import Client
from django.utils import timezone

from annotation.models import (
    Score,
    Study,
    Trial,
)
from annotation.opinion.export.document import facts_of
from annotation.studies.services import update_study
from tests.annotation.opinion.export.rated import get_export, rate
from tests.factories import (
    make_explanation,
    make_rater,
    make_score,
    make_stimuli,
    publish,
)
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def test_jsonl_holds_every_stimulus_with_its_ratings_and_mos(
    client: Client, owner: User, study: Study
) -> None:
    metadata = {"style": "ink", "nodes": [1], "size": None}
    first, _second = make_stimuli(study, 2, metadata=metadata)
    scores = {"quality": 4, "authenticity": 2, "correspondence": 5}
    trial = rate(make_rater(study), first, scores)
    rate(make_rater(study), first, {**scores, "quality": 1})
    make_explanation(
        trial,
        "authenticity",
        phrases={"authenticity_distortion": 1},
        text="六指 hand",
        language="zh-hans",
    )
    records = [json.loads(line) for line in get_export(client, owner, "nested").splitlines()]
    assert [record["filename"] for record in records] == ["0000.png", "0001.png"]
    # (4 + 1) / 2 = 2.5; deviations ±1.5, so sd = sqrt(2 · 1.5² / 1) = 2.1213.
    quality = records[0]["mos"]["quality"]
    assert (quality["mos"], quality["n"]) == (2.5, 2)
    assert quality["sd"] == pytest.approx(2.1213, abs=1e-4)
    assert records[0]["metadata"] == metadata
    assert records[0]["trials"][0]["scores"] == scores
    assert records[0]["trials"][0]["explanations"]["authenticity"]["text"] == "六指 hand"
    assert records[1]["trials"] == []
    assert quality["standard_error"] == pytest.approx(1.5)
    assert (quality["score"], quality["minimum"], quality["maximum"]) == (2.5, 1, 5)
    # By hand: s = .601190, c = 0, f = 1.044036; see the tests of `mos`.
    assert quality["low"] == pytest.approx(1.31575, abs=1e-4)
    assert quality["counts"] == [1, 0, 0, 1, 0]
    assert (quality["method"], quality["version"]) == ("mos", "2")
    assert quality["scale"] == {
        "kind": "acr5",
        "minimum": 1,
        "maximum": 5,
        "levels": 5,
        "direction": "higher",
    }
    unrated = records[1]["mos"]["quality"]
    unknown = ("mos", "score", "sd", "low", "n")
    assert [unrated[name] for name in unknown] == [None, None, None, None, 0]


def test_attention_checks_are_told_apart(client: Client, owner: User, study: Study) -> None:
    make_stimuli(study, [1])
    make_stimuli(study, [2], purpose="gold", attention_check=True)
    records = map(json.loads, get_export(client, owner, "nested").splitlines())
    assert [record["attention_check"] for record in records] == [False, True]


def test_an_empty_explanation_differs_from_one_that_nobody_asked_for(
    client: Client, owner: User, study: Study
) -> None:
    (stimulus,) = make_stimuli(study, 1)
    scores = {"quality": 2, "authenticity": 3, "correspondence": 5}
    for up_to in (1, 0.25, None):
        trial = rate(make_rater(study), stimulus, scores)
        Trial.objects.filter(pk=trial.pk).update(asked_up_to=up_to)
    (record,) = map(json.loads, get_export(client, owner, "nested").splitlines())
    asked = [[trial["explanation_asked"][name] for name in scores] for trial in record["trials"]]
    # A quarter of the way from 1 to 5 is 2.
    assert asked == [[True, True, True], [True, False, False], [False, False, False]]
    rows = csv.DictReader(io.StringIO(get_export(client, owner, "csv")))
    assert [row["explanation_asked"] for row in rows if row["kind"] == "score"] == [
        str(item).lower() for trial in asked for item in trial
    ]


def test_a_form_without_questions_asks_for_nothing(
    client: Client, owner: User, study: Study
) -> None:
    Study.objects.update(explanation_form={})
    (stimulus,) = make_stimuli(study, 1)
    rate(make_rater(study), stimulus, {"quality": 2})
    (record,) = map(json.loads, get_export(client, owner, "nested").splitlines())
    assert record["trials"][0]["explanation_asked"] == {"quality": False}


def test_each_trial_names_the_protocol_by_which_it_was_asked(
    client: Client, owner: User, study: Study
) -> None:
    (stimulus,) = make_stimuli(study, 1)
    rate(make_rater(study), stimulus, {"quality": 2})
    update_study(study=study, actor=owner, changes={"explanation_form": {"fields": []}})
    rate(make_rater(study), stimulus, {"quality": 2})
    (record,) = map(json.loads, get_export(client, owner, "nested").splitlines())
    asked = [(item["protocol"], item["explanation_asked"]) for item in record["trials"]]
    assert asked == [(1, {"quality": True}), (2, {"quality": False})]
    rows = csv.DictReader(io.StringIO(get_export(client, owner, "csv")))
    assert [row["protocol"] for row in rows if row["kind"] == "score"] == ["1", "2"]


def test_only_the_latest_revision_of_a_score_leaves(
    client: Client, owner: User, study: Study
) -> None:
    (stimulus,) = make_stimuli(study, 1)
    trial = rate(make_rater(study), stimulus, {"quality": 1})
    Score.objects.filter(trial=trial).update(superseded_at=timezone.now())
    make_score(trial, "quality", 5, revision=2)
    (record,) = map(json.loads, get_export(client, owner, "nested").splitlines())
    assert record["trials"][0]["scores"] == {"quality": 5}
    assert record["trials"][0]["revisions"] == {"quality": 2}
    (earlier,) = record["trials"][0]["superseded"]
    assert (earlier["perspective"], earlier["score"], earlier["revision"]) == ("quality", 1, 1)


def test_an_excluded_rater_is_flagged_and_does_not_count(
    client: Client, owner: User, study: Study
) -> None:
    (stimulus,) = make_stimuli(study, 1)
    rate(make_rater(study), stimulus, {"quality": 5})
    rate(make_rater(study, status="excluded"), stimulus, {"quality": 1})
    (record,) = map(json.loads, get_export(client, owner, "nested").splitlines())
    assert record["mos"]["quality"]["mos"] == 5
    assert [trial["excluded"] for trial in record["trials"]] == [False, True]
    assert [trial["counts"] for trial in record["trials"]] == [
        {"quality": True},
        {"quality": False},
    ]


def test_csv_has_a_row_per_score_and_one_per_stimulus(
    client: Client, owner: User, study: Study
) -> None:
    first, _second = make_stimuli(study, 2)
    rate(make_rater(study), first, {"quality": 4, "authenticity": 2, "correspondence": 5})
    rows = list(csv.DictReader(io.StringIO(get_export(client, owner, "csv"))))
    assert [(row["filename"], row["perspective"], row["score"]) for row in rows] == [
        ("0000.png", "", ""),
        ("0000.png", "quality", "4.0"),
        ("0000.png", "authenticity", "2.0"),
        ("0000.png", "correspondence", "5.0"),
        ("0001.png", "", ""),
    ]


def test_csv_gives_a_spreadsheet_no_formula(client: Client, owner: User, study: Study) -> None:
    (stimulus,) = make_stimuli(study, 1)
    stimulus.prompt.text = '=HYPERLINK("https://example.org")'
    stimulus.prompt.save()
    (row,) = csv.DictReader(io.StringIO(get_export(client, owner, "csv")))
    assert row["prompt"].startswith("'=")


def test_published_scores_leave_too(client: Client, owner: User, study: Study) -> None:
    (stimulus,) = make_stimuli(study, 1)
    publish(stimulus=stimulus, perspective="quality", mos=0.61, source="AIGCIQA2023+")
    (record,) = map(json.loads, get_export(client, owner, "nested").splitlines())
    assert record["published"] == [
        {
            "perspective": "quality",
            "mos": 0.61,
            "sd": None,
            "raters": None,
            "counts": None,
            "source": "AIGCIQA2023+",
            "scale": {
                "kind": "other",
                "minimum": 0,
                "maximum": 1,
                "levels": None,
                "direction": "higher",
            },
        }
    ]


def test_published_scores_are_rows_of_their_own_in_csv(
    client: Client, owner: User, study: Study
) -> None:
    rated, _bare = make_stimuli(study, 2)
    publish(
        stimulus=rated, perspective="quality", mos=0.61, sd=0.2, raters=28, source="=AIGCIQA2023+"
    )
    rate(make_rater(study), rated, {"quality": 4})
    rows = list(csv.DictReader(io.StringIO(get_export(client, owner, "csv"))))
    names = ("perspective", "score", "published_mos", "published_sd", "published_raters")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("", "", "", "", ""),
        ("quality", "", "0.61", "0.2", "28"),
        ("quality", "4.0", "", "", ""),
        ("", "", "", "", ""),
    ]
    assert rows[1]["published_source"] == "'=AIGCIQA2023+"
    assert {row["filename"] for row in rows} == {"0000.png", "0001.png"}


def test_an_unknown_format_is_named(client: Client, owner: User, study: Study) -> None:
    client.force_login(owner)
    response = client.get("/api/v1/studies/demo/export/?format=xlsx")
    assert response.status_code == 400
    assert "xlsx" in response.json()["errors"]["format"][0]


def test_what_is_a_structure_in_every_image_has_no_column(study: Study) -> None:
    make_stimuli(study, 2, metadata={"style": "ink", "nodes": [1], "graph": {}, "size": None})
    assert facts_of(study).metadata == ("style",)
