"""Which opinion scores an export carries, and how it says what they are."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import Mock
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from annotation.models import (
    Study,
)
from annotation.opinion.dataset.forms import FORMS
from annotation.opinion.export.formats import FORMATS, Source
from annotation.opinion.export.offered import offered
from annotation.opinion.methods import METHODS, Estimates, Votes
from annotation.opinion.methods.mos import MeanOpinionScore
from annotation.opinion.releases import live_release, make_release
from annotation.opinion.reliability.selectors import rater_weights
from annotation.stimuli.purposes import set_purpose
from tests.annotation.opinion.export.formats.records import TABLES
from tests.annotation.opinion.export.rated import get_export, get_file, rate, revise
from tests.factories import (
    make_rater,
    make_stimuli,
    publish,
)
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


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
        if row["counts"] == "true":
            found.setdefault((row["filename"], row["perspective"]), []).append(float(row["score"]))
    images = csv.DictReader(io.StringIO(get_export(client, owner, "images")))
    mos = {
        (row["filename"], name): row[f"mos_{name}"]
        for row in images
        for name in ("quality", "authenticity")
    }
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
    query = f"nested&release={release.number}"
    then = [json.loads(line) for line in get_export(client, owner, query).splitlines()]
    now = [json.loads(line) for line in get_export(client, owner, "nested").splitlines()]
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
    file = tmp_path / "first.nested.jsonl"
    call_command("export_study", "demo", file, release=release.number, stdout=io.StringIO())
    assert [json.loads(line) for line in file.read_text().splitlines()] == then
    page = client.get("/studies/demo/export/").content.decode()
    assert f'"/studies/demo/export/?release={release.number}#files"' in page
    assert f'"{address}study.json"' in page
    page = client.get(f"/studies/demo/export/?release={release.number}").content.decode()
    assert f"{address}?format=images&amp;release={release.number}&amp;raw=true" in page
    assert f"{address}study.json?release={release.number}" in page


def test_the_page_says_of_each_form_whether_a_releases_opinion_scores_are_in_it(
    client: Client, owner: User, study: Study
) -> None:
    """Held against the files themselves: what differs from the live file has them."""
    (stimulus,) = make_stimuli(study, 1)
    rate(make_rater(study), stimulus, {"quality": 1})
    release = make_release(study, name="first", method="bias_removed")
    rate(make_rater(study), stimulus, {"quality": 5})
    client.force_login(owner)
    for row in (row for group in offered(study, release) for row in group.rows):
        (link, *_others) = row.links
        form = parse_qs(urlsplit(link.href).query).get("format", [link.href.split("/")[-2]])[0]
        now = get_file(client, owner, form)
        assert (client.get(link.href).getvalue() != now) == row.kept, form


def test_every_format_is_on_the_page_once_and_raw_where_it_is_for_spreadsheets(
    client: Client, owner: User, study: Study
) -> None:
    links = [link for group in offered(study) for row in group.rows for link in row.links]
    assert sorted(link.href.split("/")[-2] for link in links if not link.raw) == sorted(FORMATS)
    raw = {link.href.removesuffix("?raw=1").split("/")[-2] for link in links if link.raw}
    assert raw == {"csv", "explanations", "images", "sessions", "raters"}
    assert all(link.label.startswith(link.text) for link in links)
    client.force_login(owner)
    page = client.get("/studies/demo/export/").content.decode()
    assert all(f'href="{link.href}" aria-label="{link.label}"' in page for link in links)
    # The layouts that dataset releases have besides.
    assert all(form.label.partition(":")[0] in page for form in FORMS.values() if ":" in form.label)


@pytest.mark.parametrize("number", ["9", "first", "1" * 12])
def test_the_page_knows_no_release_that_there_is_not(
    client: Client, owner: User, study: Study, number: str
) -> None:
    client.force_login(owner)
    assert client.get(f"/studies/demo/export/?release={number}").status_code == 404


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
    (record,) = map(json.loads, get_export(client, owner, f"nested&release={number}").splitlines())
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
        get_file(client, owner, form)
    # One per perspective; single scores and sittings are there without them.
    made = form not in (*TABLES, "sessions", "sessionsparquet")
    assert calls == [2, 2, 2] * made
    assert weights.call_count == made


def test_a_format_is_offered_everywhere_by_one_registration(
    client: Client, owner: User, study: Study, tmp_path: Path
) -> None:
    class Names:
        name = extension = "names"
        version = "1"
        citation = "a test"
        content_type = "text/plain"
        label = "Names alone"

        def encode(self, source: Source, *, raw: bool) -> Iterator[bytes]:
            for record in source.records():
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


def test_expected_scores_are_called_so_where_releases_are_listed(
    client: Client, owner: User, study: Study
) -> None:
    (stimulus,) = make_stimuli(study, 1)
    set_purpose(
        study=study, actor=owner, stimuli=[stimulus.pk], purpose="gold", scores={"quality": 4}
    )
    client.force_login(owner)
    page = client.get(f"/studies/{study.slug}/export/").content.decode()
    assert "<td>Expected</td>" in page
    assert "chosen (0" not in page
