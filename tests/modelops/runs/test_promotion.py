from dataclasses import replace

import pytest
from django.db import connection

from annotation.models import AuditEntry, Stimulus, Study
from modelops.acquisition import ranking
from modelops.errors import ArtifactError, VersionStateError
from modelops.learning.evaluation import Agreement
from modelops.models import AcquisitionRound, ModelVersion
from modelops.registry.holdout import Standing
from modelops.runs import promotion
from tests.modelops.conftest import Train, score_all
from workbench.accounts.models import User

NOTHING = Agreement(None, None, None, None, 0)


def test_promotion_retires_the_active_version_and_writes_priorities(
    study: Study, scored: ModelVersion, train: Train, owner: User
) -> None:
    promotion.promote(version=scored, actor=owner)
    second = train()
    score_all(second)
    promotion.promote(version=second, actor=owner)
    scored.refresh_from_db()
    assert (scored.state, second.state) == ("retired", "active")
    assert second.promoted_at is not None
    entry = AuditEntry.objects.filter(action="model.promoted").first()
    assert entry is not None
    assert entry.actor == owner
    assert entry.detail == {
        "version": second.pk,
        "number": 2,
        "predictor": "tiny",
        "previous": 1,
    }


def test_images_still_wanted_come_first_in_the_order_of_choice(
    study: Study, scored: ModelVersion
) -> None:
    promotion.promote(version=scored, actor=None)
    pool = Stimulus.objects.filter(study=study, split="pool")
    # Two ratings of three wanted: all 34 of the pool are candidates, 32 of them are chosen.
    assert pool.filter(priority__gt=1).count() == 32
    assert len(set(pool.values_list("priority", flat=True))) == 34
    acquisition = AcquisitionRound.objects.get()
    assert (acquisition.candidates, acquisition.selected) == (34, 32)
    assert (acquisition.strategy, acquisition.strategy_version) == ("lcmd", "1")


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


def test_a_round_is_as_long_as_the_study_retrains(
    study: Study, labelled: list[Stimulus], train: Train
) -> None:
    study.retrain_every = 20  # three ratings an image: seven images
    study.save(update_fields=["retrain_every"])
    version = train()
    score_all(version)
    assert ranking.read_ranking(version).selected == 7


def test_a_retired_version_can_be_taken_back(
    study: Study, scored: ModelVersion, train: Train
) -> None:
    promotion.promote(version=scored, actor=None)
    second = train()
    score_all(second)
    promotion.promote(version=second, actor=None)
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
        promotion.promote(version=second, actor=None)
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


def test_a_candidate_is_promoted_unless_it_is_worse_by_more_than_the_tolerance(
    study: Study, scored: ModelVersion, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotion.promote(version=scored, actor=None)
    for srcc, state in [(0.969, "candidate"), (0.97, "active"), (None, "active")]:
        active = Standing({"quality": replace(NOTHING, srcc=0.99)})
        candidate = Standing({"quality": replace(NOTHING, srcc=srcc)})
        monkeypatch.setattr(promotion, "standings", lambda _points, it=(candidate, active): it)
        version = train(promote_when_done=True)
        score_all(version)
        version.refresh_from_db()
        assert version.state == state
    kept = AuditEntry.objects.get(action="model.kept_back")
    assert (kept.detail["srcc"], kept.detail["active_srcc"]) == (0.969, 0.99)


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
