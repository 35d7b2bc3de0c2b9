"""Releases: what they hold, when the live one is made again, and that named ones stay."""

import csv
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from structlog.testing import capture_logs

from annotation.models import (
    AuditEntry,
    OpinionRelease,
    OpinionScore,
    Rater,
    Stimulus,
    Study,
    SubjectEstimate,
)
from annotation.opinion import releases
from annotation.opinion.methods import METHODS, Estimates, ScaleLimits, Votes
from annotation.opinion.releases import (
    ReleaseError,
    frozen_release,
    is_stale,
    live_release,
    make_release,
    mark_stale,
    renew_live,
)
from annotation.opinion.tasks import renew_live_releases
from annotation.protocol.reliability_rules import Effect, ReliabilityRules, Rule
from modelops.registry.snapshots import read_snapshot, take_snapshot
from tests.conftest import Sent
from tests.factories import make_rater, make_stimuli, make_study, publish
from tests.modelops.labelling import rate
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def stimulus(study: Study) -> Stimulus:
    return make_stimuli(study, 1)[0]


def quality(release: OpinionRelease) -> OpinionScore:
    return release.scores.get(perspective__key="quality")


def test_a_release_says_all_that_is_known_of_a_score(study: Study, stimulus: Stimulus) -> None:
    for score in (2, 4, 4, 5, 5):
        rate(stimulus, make_rater(study), (score, 1, 1))
    release = live_release(study)
    # By hand: mean 4, sd √(6/4), standard error sd/√5; the interval as in the tests of `mos`.
    found = quality(release)
    assert (found.value, found.n, found.histogram) == (4.0, 5, [0, 1, 0, 2, 2])
    assert found.sd == pytest.approx(1.224745, abs=1e-6)
    assert found.standard_error == pytest.approx(0.547723, abs=1e-6)
    assert found.mean == 4.0
    assert (found.low, found.high) == pytest.approx((2.864701, 4.651852), abs=1e-5)
    assert (release.method, release.method_version, release.ratings) == ("mos", "2", 5)
    whole = release.perspectives.get(perspective__key="quality")
    assert (whole.minimum, whole.maximum) == (1, 5)
    assert "not excluded" in release.counts_rule


def test_a_study_without_ratings_has_an_empty_release(study: Study) -> None:
    release = live_release(study)
    assert (release.number, release.ratings, release.scores.count()) == (1, 0, 0)


def test_the_live_release_follows_the_answers(study: Study, stimulus: Stimulus) -> None:
    rate(stimulus, make_rater(study), (1, 1, 1))
    first = live_release(study)
    assert not is_stale(first)
    rate(stimulus, make_rater(study), (5, 5, 5))
    assert is_stale(first)
    second = live_release(study)
    assert (second.pk, quality(second).value) == (first.pk, 3.0)
    assert second.content_sha256 != first.content_sha256


def test_it_follows_exclusions_and_scales(study: Study, stimulus: Stimulus) -> None:
    rate(stimulus, make_rater(study), (1, 1, 1))
    other = make_rater(study)
    rate(stimulus, other, (5, 5, 5))
    assert quality(live_release(study)).value == 3.0
    Rater.objects.filter(pk=other.pk).update(status="excluded")
    assert quality(live_release(study)).value == 1.0


def test_it_follows_the_rules(study: Study, stimulus: Stimulus) -> None:
    rate(stimulus, make_rater(study), (1, 1, 1))
    release = live_release(study)
    rules = replace(ReliabilityRules(), too_fast=Rule(0.5, 1, Effect.WEIGH))
    Study.objects.update(reliability_rules=rules.to_json())
    assert is_stale(release)


def test_an_answer_elsewhere_changes_nothing(
    study: Study, owner: User, stimulus: Stimulus, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate(stimulus, make_rater(study), (1, 1, 1))
    release = live_release(study)
    other = make_study(owner, "other")
    rate(make_stimuli(other, [50])[0], make_rater(other), (1, 1, 1))
    assert not is_stale(release)
    with CaptureQueriesContext(connection) as idle:
        assert renew_live(study).basis == release.basis
    assert not [query for query in idle if query["sql"].startswith(("UPDATE", "INSERT"))]
    monkeypatch.setattr(releases, "SEARCHED", 0)
    newest = renew_live(study).basis["newest"]
    assert newest > release.basis["newest"]


def test_what_is_committed_late_is_found_by_one_more_look(study: Study, stimulus: Stimulus) -> None:
    rate(stimulus, make_rater(study), (1, 1, 1))
    release = live_release(study)
    OpinionRelease.objects.update(computed_at=timezone.now() - timedelta(seconds=61))
    release.refresh_from_db()
    assert is_stale(release)


def test_an_unseen_change_can_be_announced(study: Study, stimulus: Stimulus) -> None:
    live_release(study)
    mark_stale(study)
    release = OpinionRelease.objects.get()
    assert is_stale(release)
    assert not is_stale(renew_live(study))


def test_a_slow_release_is_renewed_by_a_worker(
    study: Study, stimulus: Stimulus, sent: Sent, django_capture_on_commit_callbacks: Any
) -> None:
    # A method that cannot bring single images up to date.
    Study.objects.filter(pk=study.pk).update(opinion_method="bt500")
    rate(stimulus, make_rater(study), (1, 1, 1))
    live_release(study)
    OpinionRelease.objects.update(took=9.0)
    rate(stimulus, make_rater(study), (5, 5, 5))
    with django_capture_on_commit_callbacks(execute=True):
        assert quality(live_release(study)).value == 1.0
        live_release(study)
    assert sent == [(releases.RENEW, (study.pk,))]
    assert quality(renew_live(study)).value == 3.0


def test_the_sweep_renews_every_study(study: Study, stimulus: Stimulus) -> None:
    rate(stimulus, make_rater(study), (4, 1, 1))
    renew_live_releases()
    assert quality(OpinionRelease.objects.get()).value == 4.0


def test_a_study_that_cannot_be_renewed_stops_no_other(
    study: Study, owner: User, stimulus: Stimulus
) -> None:
    other = make_study(owner, "other")
    rate(make_stimuli(other, [50])[0], make_rater(other), (5, 1, 1))
    rate(stimulus, make_rater(study), (4, 1, 1))
    # A method that is no longer registered.
    Study.objects.filter(pk=study.pk).update(opinion_method="gone")
    assert study.pk < other.pk
    with capture_logs() as logs:
        renew_live_releases()
    assert quality(OpinionRelease.objects.get()).value == 5.0
    (said,) = logs
    assert (said["event"], said["study"]) == ("live release not renewed", "demo")


def test_the_same_scores_are_not_written_again(study: Study, stimulus: Stimulus) -> None:
    rate(stimulus, make_rater(study), (1, 1, 1))
    live_release(study)
    before = set(OpinionScore.objects.values_list("pk", flat=True))
    mark_stale(study)
    renew_live(study)
    assert set(OpinionScore.objects.values_list("pk", flat=True)) == before


def delete_scores(release: OpinionRelease) -> None:
    release.scores.all().delete()
    connection.check_constraints()


def test_a_named_release_stays_as_it_was(study: Study, owner: User, stimulus: Stimulus) -> None:
    rate(stimulus, make_rater(study), (1, 1, 1))
    named = make_release(study, name="first", actor=owner)
    rate(stimulus, make_rater(study), (5, 5, 5))
    assert quality(live_release(study)).value == 3.0
    assert quality(named).value == 1.0
    with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
        OpinionRelease.objects.filter(pk=named.pk).update(name="second")
    with pytest.raises(IntegrityError, match="neither added nor deleted"), transaction.atomic():
        delete_scores(named)
    score = quality(named)
    score.pk, score.stimulus = None, make_stimuli(study, [9])[0]
    with pytest.raises(IntegrityError, match="neither added nor deleted"), transaction.atomic():
        score.save(force_insert=True)
    assert AuditEntry.objects.filter(action="release.made").count() == 1


def test_a_name_is_given_once(study: Study) -> None:
    make_release(study, name="first")
    with pytest.raises(ReleaseError, match="“first” already"):
        make_release(study, name=" first ")
    with pytest.raises(ReleaseError, match="a name of up to 100"):
        make_release(study, name=" ")


def test_releases_can_be_deleted(study: Study, stimulus: Stimulus) -> None:
    rate(stimulus, make_rater(study), (1, 1, 1))
    release = make_release(study, name="first", method="bias_removed")
    assert [protocol.number for protocol in release.protocols.all()] == [1]
    assert SubjectEstimate.objects.exists()
    OpinionRelease.objects.all().delete()
    connection.check_constraints()
    assert not OpinionScore.objects.exists()
    assert not SubjectEstimate.objects.exists()


def test_what_a_method_says_of_raters_is_kept(study: Study) -> None:
    first, second = make_rater(study), make_rater(study)
    for stimulus in make_stimuli(study, 4):
        rate(stimulus, first, (4, 3, 3))
        rate(stimulus, second, (2, 3, 3))
    release = make_release(study, name="unbiased", method="bias_removed")
    found = SubjectEstimate.objects.filter(release=release, perspective__key="quality")
    assert {item.rater_id: (item.bias, item.verdict) for item in found} == {
        first.pk: (1.0, "kept"),
        second.pk: (-1.0, "kept"),
    }


class Loudest:
    """A method that takes the highest vote."""

    name = "loudest"
    label = "The loudest voice"
    version = "7"
    citation = "a test"
    parameters = type(METHODS["mos"]).parameters

    def limits(self, scale: ScaleLimits, parameters: Any) -> tuple[float, float]:
        return scale.ends

    def estimate(self, votes: Votes, parameters: Any) -> Estimates:
        plain = METHODS["mos"].estimate(votes, parameters)
        value = plain.value.copy()
        for place in range(votes.stimuli):
            value[place] = votes.score[votes.stimulus == place].max()
        return replace(plain, value=value, low=value, high=value)


def test_a_method_is_offered_everywhere_by_one_registration(
    client: Client, owner: User, study: Study, stimulus: Stimulus
) -> None:
    for score in (1, 2, 5):
        rate(stimulus, make_rater(study), (score, 1, 1))
    client.force_login(owner)
    with METHODS.registered(Loudest()):
        assert "The loudest voice" in client.get("/studies/demo/export/").content.decode()
        made = client.post(
            "/api/v1/studies/demo/releases/",
            {"name": "loud", "method": "loudest"},
            content_type="application/json",
        )
    assert made.status_code == 201
    assert (made.json()["method"], made.json()["method_version"]) == ("loudest", "7")
    scores = client.get(f"/api/v1/studies/demo/releases/{made.json()['number']}/scores/").json()
    assert [item["value"] for item in scores["results"] if item["perspective"] == "quality"] == [5]


def test_a_study_takes_a_method_for_its_labels_and_its_export_by_one_registration(
    client: Client, owner: User, study: Study, stimulus: Stimulus
) -> None:
    for score in (1, 2, 5):
        rate(stimulus, make_rater(study), (score, 1, 1))
    client.force_login(owner)
    before = live_release(study)
    with METHODS.registered(Loudest()):
        assert "The loudest voice" in client.get("/studies/demo/settings/ratings/").content.decode()
        chosen = client.patch(
            "/api/v1/studies/demo/", {"opinion_method": "loudest"}, content_type="application/json"
        )
        assert chosen.json()["opinion_method"] == "loudest"
        assert is_stale(before)
        text = client.get("/api/v1/studies/demo/export/?format=images").getvalue().decode()
        (label, *_others) = read_snapshot(take_snapshot(study))
        assert '<option value="loudest" selected>' in (
            client.get("/studies/demo/export/").content.decode()
        )
        assert make_release(study, name="loud").method == "loudest"
    made = ("mos", "opinion_score", "opinion_method", "opinion_version")
    assert [
        tuple(row[f"{name}_quality"] for name in made) for row in csv.DictReader(io.StringIO(text))
    ] == [("2.6666666666666665", "5.0", "loudest", "7")]
    # 5 of 1…5; the plain mean would be 5/12.
    assert (label.perspective, label.source, label.mos) == ("quality", "raters", 1.0)


def test_a_study_takes_no_method_that_is_not_registered(
    client: Client, owner: User, study: Study
) -> None:
    client.force_login(owner)
    answer = client.patch(
        "/api/v1/studies/demo/", {"opinion_method": "loudest"}, content_type="application/json"
    )
    assert answer.status_code == 400
    assert "there is no method of opinion scores 'loudest'; there are" in str(answer.json())
    study.refresh_from_db()
    assert study.opinion_method == "mos"


def test_the_api_lists_releases_with_their_scores(
    client: Client, owner: User, study: Study, stimulus: Stimulus
) -> None:
    publish(stimulus, "quality", 61.5, source="elsewhere", sd=10, raters=28, scale=(0, 100))
    rate(stimulus, make_rater(study), (4, 2, 1))
    client.force_login(owner)
    listed = client.get("/api/v1/studies/demo/releases/").json()["results"]
    assert [(item["number"], item["kind"], item["state"]) for item in listed] == [
        (1, "imported", "live"),
        (2, "own", "live"),
    ]
    assert (listed[0]["source"], listed[0]["maximum"], listed[0]["direction"]) == (
        "elsewhere",
        100,
        "higher",
    )
    assert client.get("/api/v1/studies/demo/releases/live/").json()["number"] == 2
    (score,) = client.get("/api/v1/studies/demo/releases/1/scores/").json()["results"]
    assert (score["filename"], score["value"], score["sd"], score["n"]) == (
        "0000.png",
        61.5,
        10,
        28,
    )
    assert client.get("/api/v1/studies/demo/releases/9/").status_code == 404


def test_a_release_is_kept_from_the_export_page(client: Client, owner: User, study: Study) -> None:
    client.force_login(owner)
    client.post("/studies/demo/releases/", {"name": "For the paper", "method": "mos"})
    client.post("/studies/demo/releases/", {"name": "For the paper", "method": "mos"})
    page = client.get("/studies/demo/export/").content.decode()
    assert "For the paper" in page
    assert "A release named “For the paper” already exists." in page


def test_a_release_kept_for_a_model_is_in_the_api_and_folded_away_on_the_page(
    client: Client, owner: User, study: Study, stimulus: Stimulus
) -> None:
    rate(stimulus, make_rater(study), (4, 2, 1))
    frozen = frozen_release(study)
    assert frozen is not None
    assert frozen_release(study) == frozen
    client.force_login(owner)
    listed = client.get("/api/v1/studies/demo/releases/").json()["results"]
    assert [(item["number"], item["state"]) for item in listed] == [(1, "frozen"), (2, "live")]
    kept, live = listed
    assert (kept["content_sha256"], kept["ratings"]) == (live["content_sha256"], 1)
    scores = client.get("/api/v1/studies/demo/releases/1/scores/").json()["results"]
    assert [item["value"] for item in scores] == [4, 2, 1]
    page = client.get("/studies/demo/export/").content.decode()
    shown, folded = page.split("<summary>1 release kept for models</summary>")
    assert "Kept for a model" not in shown
    assert "Kept for a model" in folded
    assert shown.count('<td class="number">1</td>') == 1  # its one rating
    page = client.get("/studies/demo/export/?release=1").content.decode()
    assert "Forms marked “release 1” have the opinion scores of release 1" in page
    assert "<details open>" in page


def test_nothing_is_kept_for_a_study_that_nobody_rated(study: Study) -> None:
    assert frozen_release(study) is None
    assert not OpinionRelease.objects.exists()


def test_the_page_shows_what_was_imported_and_offers_the_live_method_first(
    client: Client, owner: User, study: Study
) -> None:
    (stimulus,) = make_stimuli(study, 1)
    publish(stimulus, "quality", 0.61, source="elsewhere")
    client.force_login(owner)
    page = client.get("/studies/demo/export/").content.decode()
    assert "<td>Imported</td>" in page
    assert '<option value="mos" selected>' in page
