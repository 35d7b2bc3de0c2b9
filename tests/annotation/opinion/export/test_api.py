"""The export against what was put in, read back by others' readers (csv, json)."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from annotation.models import (
    Rater,
    RatingSession,
    Score,
    Study,
    Trial,
)
from annotation.opinion.export.formats import FORMATS, Header, Record
from annotation.opinion.methods import METHODS, Estimates, Votes
from annotation.opinion.methods.mos import MeanOpinionScore
from annotation.opinion.releases import live_release, make_release
from annotation.opinion.reliability.selectors import rater_weights
from annotation.studies.services import update_study
from tests.factories import (
    make_explanation,
    make_rater,
    make_score,
    make_session,
    make_stimuli,
    publish,
)
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def rate(
    rater: Rater,
    stimulus: Any,
    scores: Mapping[str, float],
    position: int = 0,
    role: str = "main",
) -> Trial:
    now = timezone.now()
    session = RatingSession.objects.filter(rater=rater).first() or make_session(rater)
    trial = Trial.objects.create(
        session=session,
        rater=rater,
        stimulus=stimulus,
        position=position,
        role=role,
        draw="priority",
        state="submitted",
        leased_at=now,
        lease_expires_at=now,
        submitted_at=now,
    )
    for perspective, score in scores.items():
        make_score(trial, perspective, score)
    return trial


def revise(trial: Trial, perspective: str, score: float) -> None:
    current = Score.objects.filter(trial=trial, perspective__key=perspective, superseded_at=None)
    current.update(superseded_at=timezone.now())
    make_score(trial, perspective, score, revision=2)


def get_export(client: Client, owner: User, form: str) -> str:
    _token, secret = AuthToken.objects.create(owner)
    response = client.get(
        f"/api/v1/studies/demo/export/?format={form}", HTTP_AUTHORIZATION=f"Token {secret}"
    )
    assert response.status_code == 200
    return response.getvalue().decode()


def test_jsonl_holds_every_stimulus_with_its_ratings_and_mos(
    client: Client, owner: User, study: Study
) -> None:
    first, _second = make_stimuli(study, 2, metadata={"style": "ink"})
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
    records = [json.loads(line) for line in get_export(client, owner, "jsonl").splitlines()]
    assert [record["filename"] for record in records] == ["0000.png", "0001.png"]
    # (4 + 1) / 2 = 2.5; deviations ±1.5, so sd = sqrt(2 · 1.5² / 1) = 2.1213.
    quality = records[0]["mos"]["quality"]
    assert (quality["mos"], quality["n"]) == (2.5, 2)
    assert quality["sd"] == pytest.approx(2.1213, abs=1e-4)
    assert records[0]["metadata"] == {"style": "ink"}
    assert records[0]["trials"][0]["scores"] == scores
    assert records[0]["trials"][0]["explanations"]["authenticity"]["text"] == "六指 hand"
    assert records[1]["trials"] == []
    assert quality["standard_error"] == pytest.approx(1.5)
    # Student's t(1) is 12.7062.
    assert quality["low"] == pytest.approx(2.5 - 12.7062 * 1.5, abs=1e-3)
    assert quality["counts"] == [1, 0, 0, 1, 0]
    assert (quality["method"], quality["version"]) == ("mos", "1")
    assert quality["scale"] == {
        "kind": "acr5",
        "minimum": 1,
        "maximum": 5,
        "levels": 5,
        "direction": "higher",
    }
    unrated = records[1]["mos"]["quality"]
    assert (unrated["mos"], unrated["sd"], unrated["low"], unrated["n"]) == (None, None, None, 0)


def test_attention_checks_are_told_apart(client: Client, owner: User, study: Study) -> None:
    make_stimuli(study, [1])
    make_stimuli(study, [2], purpose="gold", attention_check=True)
    records = map(json.loads, get_export(client, owner, "jsonl").splitlines())
    assert [record["attention_check"] for record in records] == [False, True]


def test_an_empty_explanation_differs_from_one_that_nobody_asked_for(
    client: Client, owner: User, study: Study
) -> None:
    (stimulus,) = make_stimuli(study, 1)
    scores = {"quality": 2, "authenticity": 3, "correspondence": 5}
    for up_to in (1, 0.25, None):
        trial = rate(make_rater(study), stimulus, scores)
        Trial.objects.filter(pk=trial.pk).update(asked_up_to=up_to)
    (record,) = map(json.loads, get_export(client, owner, "jsonl").splitlines())
    asked = [[trial["explanation_asked"][name] for name in scores] for trial in record["trials"]]
    # A quarter of the way from 1 to 5 is 2.
    assert asked == [[True, True, True], [True, False, False], [False, False, False]]
    rows = csv.DictReader(io.StringIO(get_export(client, owner, "csv")))
    assert [row["explanation_asked"] for row in rows] == [
        str(item) for trial in asked for item in trial
    ]


def test_a_form_without_questions_asks_for_nothing(
    client: Client, owner: User, study: Study
) -> None:
    Study.objects.update(explanation_form={})
    (stimulus,) = make_stimuli(study, 1)
    rate(make_rater(study), stimulus, {"quality": 2})
    (record,) = map(json.loads, get_export(client, owner, "jsonl").splitlines())
    assert record["trials"][0]["explanation_asked"] == {"quality": False}


def test_each_trial_names_the_protocol_by_which_it_was_asked(
    client: Client, owner: User, study: Study
) -> None:
    (stimulus,) = make_stimuli(study, 1)
    rate(make_rater(study), stimulus, {"quality": 2})
    update_study(study=study, actor=owner, changes={"explanation_form": {"fields": []}})
    rate(make_rater(study), stimulus, {"quality": 2})
    (record,) = map(json.loads, get_export(client, owner, "jsonl").splitlines())
    asked = [(item["protocol"], item["explanation_asked"]) for item in record["trials"]]
    assert asked == [(1, {"quality": True}), (2, {"quality": False})]
    rows = csv.DictReader(io.StringIO(get_export(client, owner, "csv")))
    assert [row["protocol"] for row in rows] == ["1", "2"]


def test_only_the_latest_revision_of_a_score_leaves(
    client: Client, owner: User, study: Study
) -> None:
    (stimulus,) = make_stimuli(study, 1)
    trial = rate(make_rater(study), stimulus, {"quality": 1})
    Score.objects.filter(trial=trial).update(superseded_at=timezone.now())
    make_score(trial, "quality", 5, revision=2)
    (record,) = map(json.loads, get_export(client, owner, "jsonl").splitlines())
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
    (record,) = map(json.loads, get_export(client, owner, "jsonl").splitlines())
    assert record["mos"]["quality"]["mos"] == 5
    assert [trial["excluded"] for trial in record["trials"]] == [False, True]
    assert [trial["counts"] for trial in record["trials"]] == [
        {"quality": True},
        {"quality": False},
    ]


def test_csv_has_a_row_per_score_and_one_for_an_unrated_stimulus(
    client: Client, owner: User, study: Study
) -> None:
    first, _second = make_stimuli(study, 2)
    rate(make_rater(study), first, {"quality": 4, "authenticity": 2, "correspondence": 5})
    rows = list(csv.DictReader(io.StringIO(get_export(client, owner, "csv"))))
    assert [(row["filename"], row["perspective"], row["score"]) for row in rows] == [
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
    (record,) = map(json.loads, get_export(client, owner, "jsonl").splitlines())
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
        ("quality", "", "0.61", "0.2", "28"),
        ("quality", "4.0", "", "", ""),
        ("", "", "", "", ""),
    ]
    assert rows[0]["published_source"] == "'=AIGCIQA2023+"
    assert {row["filename"] for row in rows} == {"0000.png", "0001.png"}


def test_an_unknown_format_is_named(client: Client, owner: User, study: Study) -> None:
    client.force_login(owner)
    response = client.get("/api/v1/studies/demo/export/?format=xlsx")
    assert response.status_code == 400
    assert "xlsx" in response.json()["format"][0]


def test_the_study_document_says_what_the_numbers_mean(
    client: Client, owner: User, study: Study
) -> None:
    (stimulus,) = make_stimuli(study, 1)
    publish(stimulus, "quality", 61.0, source="elsewhere", scale=(0, 100))
    rate(make_rater(study), stimulus, {"quality": 4})
    client.force_login(owner)
    document = client.get("/api/v1/studies/demo/export/study.json").json()
    assert [item["key"] for item in document["perspectives"]] == [
        "quality",
        "authenticity",
        "correspondence",
    ]
    assert document["perspectives"][0]["scale"]["maximum"] == 5
    assert document["opinion_scores"]["method"] == "mos"
    assert document["opinion_scores"]["ratings"] == 1
    (published,) = document["published"]
    assert (published["source"], published["maximum"]) == ("elsewhere", 100)


def test_the_mean_of_the_rows_that_count_is_the_mos(
    client: Client, owner: User, study: Study
) -> None:
    """What anyone computes from the CSV, with repeats, practice, exclusions and revisions in it."""
    stimuli = make_stimuli(study, 3)
    random = Random(5)
    raters = [make_rater(study) for _number in range(4)]
    raters.append(make_rater(study, status="excluded"))
    for rater in raters:
        for position, stimulus in enumerate(stimuli):
            scores = {name: random.randint(1, 5) for name in ("quality", "authenticity")}
            trial = rate(rater, stimulus, scores, position)
            if position == 0:
                revise(trial, "quality", random.randint(1, 5))
        again = rate(rater, stimuli[0], {"quality": 1}, position=9, role="repeat")
        revise(again, "quality", 5)
    rows = list(csv.DictReader(io.StringIO(get_export(client, owner, "csv"))))
    found: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        if row["counts"] == "True":
            found.setdefault((row["filename"], row["perspective"]), []).append(float(row["score"]))
    mos = {(row["filename"], row["perspective"]): row["mos"] for row in rows if row["mos"]}
    assert len(found) == 6
    assert {key: sum(scores) / len(scores) for key, scores in found.items()} == {
        key: pytest.approx(float(value)) for key, value in mos.items()
    }
    assert {len(scores) for scores in found.values()} == {4}


def test_a_named_releases_scores_leave_if_it_is_asked_for(
    client: Client, owner: User, study: Study, tmp_path: Path
) -> None:
    first, second = make_stimuli(study, 2)
    rate(make_rater(study), first, {"quality": 1})
    release = make_release(study, name="first", method="bias_removed")
    for stimulus in (first, second):
        rate(make_rater(study), stimulus, {"quality": 5})
    query = f"jsonl&release={release.number}"
    then = [json.loads(line) for line in get_export(client, owner, query).splitlines()]
    now = [json.loads(line) for line in get_export(client, owner, "jsonl").splitlines()]
    found = [
        [(item["mos"]["quality"][name]) for name in ("mos", "n", "counts", "method")]
        for item in (*then, *now)
    ]
    assert found == [
        [1, 1, [1, 0, 0, 0, 0], "bias_removed"],
        [None, 0, None, "bias_removed"],
        [3, 2, [1, 0, 0, 0, 1], "mos"],
        [5, 1, [0, 0, 0, 0, 1], "mos"],
    ]
    # All that was collected leaves, whichever opinion scores leave with it.
    assert [item["trials"] for item in then] == [item["trials"] for item in now]
    client.force_login(owner)
    address = "/api/v1/studies/demo/export/"
    document = client.get(f"{address}study.json?release={release.number}").json()
    assert (document["opinion_scores"]["name"], document["opinion_scores"]["ratings"]) == (
        "first",
        1,
    )
    file = tmp_path / "first.jsonl"
    call_command("export_study", "demo", file, release=release.number, stdout=io.StringIO())
    assert [json.loads(line) for line in file.read_text().splitlines()] == then
    page = client.get("/studies/demo/export/").content.decode()
    assert f"{address}?format=csv&amp;release={release.number}" in page
    assert f"{address}study.json?release={release.number}" in page
    assert f'"{address}study.json"' in page


def test_a_release_that_is_none_of_the_studys_own_is_refused(
    client: Client, owner: User, study: Study, tmp_path: Path
) -> None:
    (stimulus,) = make_stimuli(study, 1)
    imported = publish(stimulus, "quality", 0.61).release.number
    client.force_login(owner)
    for address in ("/api/v1/studies/demo/export/", "/api/v1/studies/demo/export/study.json"):
        for number in (imported, 9):
            answer = client.get(f"{address}?release={number}")
            assert answer.status_code == 400
            assert f"no release {number} of this study" in answer.json()["detail"]
        assert client.get(f"{address}?release=first").status_code == 400
    with pytest.raises(CommandError, match="no release 9 of this study"):
        call_command("export_study", "demo", tmp_path / "all.csv", release=9)
    assert not list(tmp_path.iterdir())


def test_the_live_release_by_its_number_is_that_of_now(
    client: Client, owner: User, study: Study
) -> None:
    (stimulus,) = make_stimuli(study, 1)
    number = live_release(study).number
    rate(make_rater(study), stimulus, {"quality": 5})
    (record,) = map(json.loads, get_export(client, owner, f"jsonl&release={number}").splitlines())
    assert record["mos"]["quality"]["mos"] == 5


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_opinion_scores_are_made_once_for_an_export(
    client: Client, owner: User, study: Study, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    calls = []

    class Counted(MeanOpinionScore):
        name = "counted"

        def estimate(self, votes: Votes, parameters: Any) -> Estimates:
            calls.append(votes.stimuli)
            return super().estimate(votes, parameters)

    for stimulus in make_stimuli(study, 2):
        rate(make_rater(study), stimulus, {"quality": 4, "authenticity": 2, "correspondence": 5})
    Study.objects.update(opinion_method="counted")
    weights = Mock(wraps=rater_weights)
    monkeypatch.setattr("annotation.opinion.making.rater_weights", weights)
    with METHODS.registered(Counted()):
        get_export(client, owner, form)
    # One per perspective.
    assert calls == [2, 2, 2]
    assert weights.call_count == 1


def test_a_format_is_offered_everywhere_by_one_registration(
    client: Client, owner: User, study: Study, tmp_path: Path
) -> None:
    class Names:
        name = extension = "names"
        version = "1"
        citation = "a test"
        content_type = "text/plain"
        label = "Names alone"

        def encode(self, records: Iterable[Record], header: Header) -> Iterator[bytes]:
            for record in records:
                yield f"{record['filename']}\n".encode()

    make_stimuli(study, 2)
    with FORMATS.registered(Names()):
        assert get_export(client, owner, "names") == "0000.png\n0001.png\n"
        client.force_login(owner)
        page = client.get("/studies/demo/export/").content.decode()
        assert "Names alone" in page
        assert client.get("/studies/demo/export/names/").getvalue() == b"0000.png\n0001.png\n"
        call_command("export_study", "demo", tmp_path / "all.names", stdout=io.StringIO())
    assert (tmp_path / "all.names").read_text() == "0000.png\n0001.png\n"
