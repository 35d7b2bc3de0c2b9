from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from annotation.models import AuditEntry, Stimulus, Study
from annotation.opinion.comparison.bootstrap import Measure
from modelops.acquisition import ranking
from modelops.errors import ArtifactError, VersionStateError
from modelops.judging.gate import Outcome, Reason, Verdict
from modelops.models import AcquisitionRound, ModelVersion
from modelops.registry import verdicts
from modelops.runs import promotion
from tests.annotation.rating.helpers import at_once
from tests.modelops.conftest import Train, score_all
from workbench.accounts.models import User

KEYS = ("quality", "authenticity", "correspondence")
CHANGE = Measure(0.02, 0.01, 0.03)
GOOD = Verdict(Outcome.PROMOTE, (), 200, 50, CHANGE, ())
WORSE = Verdict(Outcome.KEEP, (Reason.MEAN_WORSE,), 200, 50, CHANGE, ())
UNKNOWN = Verdict(Outcome.ASK, (Reason.FEW_PROMPTS,), 200, 2, None, ())


@pytest.fixture
def api(owner: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(owner)
    return client


def test_promotion_retires_the_active_version_and_writes_priorities(
    study: Study, scored: ModelVersion, train: Train, owner: User
) -> None:
    promotion.promote(version=scored, actor=owner)
    second = train()
    score_all(second)
    promotion.promote(version=second, actor=owner, reason="it knows  more ")
    scored.refresh_from_db()
    assert (scored.state, second.state) == ("retired", "active")
    assert second.promoted_at is not None
    first, entry = (
        AuditEntry.objects.filter(action__startswith="model.")
        .exclude(action="model.trained")
        .order_by("pk")
    )
    assert (first.action, entry.action) == ("model.promoted", "model.overridden")
    assert first.detail == {
        "version": scored.pk,
        "number": 1,
        "predictor": "tiny",
        "previous": None,
    }
    assert entry.actor == owner
    known = {"number": 2, "predictor": "tiny", "previous": 1, "reason": "it knows  more"}
    known["version"] = second.pk
    assert entry.detail == entry.detail | known
    # The same labels train the same model; six images are too few to tell.
    assert (entry.detail["change"], entry.detail["images"]) == (0, 6)
    assert entry.detail["verdict"] == ["ask", "few_images"]


def test_images_still_wanted_come_first_in_the_order_of_choice(
    study: Study, scored: ModelVersion
) -> None:
    promotion.promote(version=scored, actor=None)
    pool = Stimulus.objects.filter(study=study, split="pool")
    # Two ratings of three wanted: all 34 of the pool are candidates. 30 ratings until the next
    # ranking are those of ten images.
    assert pool.filter(priority__gt=1).count() == 10
    assert len(set(pool.values_list("priority", flat=True))) == 34
    acquisition = AcquisitionRound.objects.get()
    assert (acquisition.candidates, acquisition.selected) == (34, 10)
    assert (acquisition.strategy, acquisition.strategy_version) == ("reduction", "1")


def test_an_image_with_all_its_ratings_is_not_chosen(
    study: Study, labelled: list[Stimulus], train: Train
) -> None:
    Stimulus.objects.filter(pk=labelled[0].pk).update(wanted_ratings=2)
    version = train()
    score_all(version)
    promotion.promote(version=version, actor=None)
    labelled[0].refresh_from_db()
    assert labelled[0].priority < 1


def test_the_hold_out_is_never_acquired_from(study: Study, scored: ModelVersion) -> None:
    promotion.promote(version=scored, actor=None)
    held_out = Stimulus.objects.filter(study=study, split="holdout")
    assert set(held_out.values_list("priority", flat=True)) == {0.0}


@pytest.mark.parametrize(
    ("retrain_every", "teaching", "images"),
    [
        (0, 1, 30),  # a refresh after 30 ratings, each of another image
        (1000, 1, 30),  # the refresh comes first
        (20, 1, 20),  # the training comes first
        (0, 0, 10),  # three ratings an image
        (20, 0, 7),
        (0, 0.5, 20),  # 15 ratings of 15 images, 15 of 5
    ],
)
def test_a_round_is_what_is_rated_until_the_next(
    study: Study, retrain_every: int, teaching: float, images: int
) -> None:
    study.retrain_every, study.teaching_share = retrain_every, teaching
    assert ranking.round_size(study) == images


def test_as_many_are_chosen_as_a_round_is_long(
    study: Study, labelled: list[Stimulus], train: Train
) -> None:
    study.retrain_every, study.teaching_share = 20, 0
    study.save(update_fields=["retrain_every", "teaching_share"])
    version = train()
    score_all(version)
    assert ranking.read_ranking(version).selected == 7


def test_a_retired_version_can_be_taken_back(
    study: Study, scored: ModelVersion, train: Train
) -> None:
    promotion.promote(version=scored, actor=None)
    second = train()
    score_all(second)
    promotion.promote(version=second, actor=None, reason="to try it")
    # What was in use before needs no reason.
    promotion.promote(version=scored, actor=None)
    assert study.model_versions.get(state="active") == scored


@pytest.mark.parametrize("state", ["active", "rejected"])
def test_a_version_in_another_state_is_refused(scored: ModelVersion, state: str) -> None:
    ModelVersion.objects.filter(pk=scored.pk).update(state=state)
    with pytest.raises(VersionStateError, match=f"Version 1 is {state}; only a candidate"):
        promotion.promote(version=scored, actor=None)


def test_a_candidate_can_be_rejected_once(scored: ModelVersion, owner: User) -> None:
    promotion.reject(version=scored, actor=owner)
    assert scored.state == "rejected"
    with pytest.raises(VersionStateError, match="only a candidate can be rejected"):
        promotion.reject(version=scored, actor=owner)


def test_nothing_changes_if_a_step_fails(
    study: Study, scored: ModelVersion, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotion.promote(version=scored, actor=None)
    priorities = dict(study.stimuli.values_list("pk", "priority"))
    second = train()
    score_all(second)

    def fail(**kwargs: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr("modelops.runs.promotion.audit.record", fail)
    with pytest.raises(RuntimeError):
        promotion.promote(version=second, actor=None, reason="to try it")
    scored.refresh_from_db()
    assert scored.state == "active"
    assert dict(study.stimuli.values_list("pk", "priority")) == priorities
    assert study.acquisition_rounds.count() == 1


def test_a_missing_ranking_refuses_the_promotion(scored: ModelVersion) -> None:
    from modelops.registry.artifacts import storage

    storage().delete(f"rankings/{scored.study_id}/v1.safetensors")
    with pytest.raises(ArtifactError, match="not in the artifact storage"):
        promotion.promote(version=scored, actor=None)


def test_a_waiting_promotion_happens_with_the_end_of_scoring(
    study: Study, labelled: list[Stimulus], train: Train
) -> None:
    version = train(promote_when_done=True)
    score_all(version)
    version.refresh_from_db()
    assert version.state == "active"


def test_a_waiting_candidate_is_promoted_only_if_the_gate_lets_it_pass(
    study: Study, scored: ModelVersion, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotion.promote(version=scored, actor=None)
    for verdict, state, action in [
        (GOOD, "active", "model.promoted"),
        (WORSE, "candidate", "model.kept_back"),
        (UNKNOWN, "candidate", "model.waits"),
    ]:
        monkeypatch.setattr(verdicts, "judge", lambda _held, fewest, it=verdict: it)
        version = train(promote_when_done=True)
        score_all(version)
        version.refresh_from_db()
        assert version.state == state
        told = AuditEntry.objects.filter(action=action).latest("pk")
        assert (told.detail["number"], told.detail["images"]) == (version.number, 200)
        assert told.detail["verdict"] == [verdict.outcome, *verdict.reasons]


def test_a_candidate_that_does_not_pass_needs_a_reason(
    study: Study, scored: ModelVersion, train: Train, api: APIClient, client: Client, owner: User
) -> None:
    """By API and from the page, in words."""
    promotion.promote(version=scored, actor=None)
    score_all(train())
    url = "/api/v1/studies/demo/models/2"
    found = api.get(f"{url}/verdict/").json()
    assert (found["champion"], found["outcome"]) == (1, "ask")
    assert (found["reasons"], found["images"], found["fewest_images"]) == (["few_images"], 6, 150)
    assert found["change"]["value"] == 0
    assert [part["perspective"] for part in found["perspectives"]] == list(KEYS)
    answer = api.post(f"{url}/promote/")
    assert (answer.status_code, answer.json()["code"]) == (409, "reason_needed")
    words = "cannot tell whether version 2 is as good as version 1"
    assert words in answer.json()["detail"]
    client.force_login(owner)
    text = client.get("/studies/demo/model/").content.decode()
    assert words in text
    assert '<input name="reason"' in text
    client.post("/studies/demo/model/versions/2/promote/", {"reason": " "})
    assert study.model_versions.get(state="active") == scored
    answer = api.post(f"{url}/promote/", {"reason": "more labels"}, format="json")
    assert answer.json()["state"] == "active"
    assert AuditEntry.objects.get(action="model.overridden").detail["reason"] == "more labels"
    # No version in use of another predictor or of its own: nothing to compare with.
    assert api.get(f"{url}/verdict/").json()["outcome"] is None


@pytest.mark.django_db(transaction=True)
def test_of_two_promotions_at_once_one_wins_and_the_other_is_told(
    study: Study, scored: ModelVersion, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = train()
    score_all(second)
    both = Barrier(2, timeout=30)

    def meet(version: ModelVersion) -> verdicts.Judged | None:
        found = verdicts.judged(version)
        both.wait()
        return found

    monkeypatch.setattr(promotion, "judged", meet)
    refused: list[bool] = []
    at_once(lambda pk: refused.append(was_refused(pk)), [scored.pk, second.pk])
    assert sorted(refused) == [False, True]
    assert study.model_versions.filter(state="active").count() == 1
    assert study.model_versions.filter(state="candidate").count() == 1
    assert AuditEntry.objects.filter(action="model.promoted").count() == 1


def test_who_promotes_what_was_promoted_meanwhile_reads_that_it_is_active(
    scored: ModelVersion, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotion.promote(version=scored, actor=None)
    second = train()
    score_all(second)
    late = ModelVersion.objects.get(pk=second.pk)
    before = verdicts.judged(late)
    promotion.promote(version=second, actor=None, reason="a test")
    monkeypatch.setattr(promotion, "judged", lambda version: before)
    with pytest.raises(VersionStateError, match="Version 2 is active; only a candidate"):
        promotion.promote(version=late, actor=None, reason="a test, too")
    assert AuditEntry.objects.filter(action="model.overridden").count() == 1


def was_refused(pk: int) -> bool:
    """Whether it was refused because another one came first."""
    try:
        promotion.promote(version=ModelVersion.objects.get(pk=pk), actor=None)
    except VersionStateError as error:
        return "was taken into use meanwhile" in error.message
    return False


def test_the_same_version_ranks_the_same_way(scored: ModelVersion) -> None:
    first = ranking.read_ranking(scored)
    ranking.publish_ranking(scored)
    assert ranking.read_ranking(scored) == first


def test_promotion_writes_all_priorities_in_one_statement(
    scored: ModelVersion, django_assert_max_num_queries: object
) -> None:
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as queries:
        promotion.promote(version=scored, actor=None)
    assert len([q for q in queries if "annotation_stimulus" in q["sql"]]) == 1
