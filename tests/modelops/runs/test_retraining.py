import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from annotation.models import AuditEntry, OpinionRelease, Rater, Stimulus, Study
from annotation.opinion.releases import live_release
from modelops.errors import RecipeError, RunActiveError, TooFewLabelsError
from modelops.learning.recipe import Recipe
from modelops.models import TrainingRun
from modelops.predictors.mint_kinds import TINY
from modelops.runs.pages.summaries import label_state
from modelops.runs.predictors import ensure_predictor
from modelops.runs.retraining import changed_recipe, request_retrain, retrain_where_due
from modelops.runs.schedule_words import schedule_sentences
from tests import factories
from tests.conftest import SEND_TASK, Sent
from tests.factories import make_rater, make_stimuli
from tests.modelops.conftest import Train
from tests.modelops.labelling import label_pool, make_predictor, rate
from workbench.accounts.models import User


def ask(study: Study, actor: User | None = None) -> TrainingRun:
    predictor = ensure_predictor(study=study, actor=actor)
    return request_retrain(predictor=predictor, actor=actor, trigger=TrainingRun.Trigger.API)


def test_a_run_is_queued_with_its_recipe_and_an_audit_entry(
    study: Study, labelled: list[Stimulus], owner: User
) -> None:
    run = ask(study, owner)
    assert (run.state, run.recipe) == ("queued", TINY.recipe().to_json())
    entry = AuditEntry.objects.get(action="training.requested")
    assert (entry.actor, entry.detail) == (owner, {"run": run.pk, "predictor": "tiny"})


def test_settings_change_the_recipe_of_the_predictor(
    study: Study, small_model_settings: None
) -> None:
    own = Recipe(batch_size=4)
    predictor = make_predictor(study, recipe=own.to_json())
    assert changed_recipe(predictor, ["epochs=2"]) == replace(own, epochs=2)
    assert changed_recipe(predictor) == own
    assert changed_recipe(predictor, explanations=True) == replace(own, explanation_epochs=12)
    with pytest.raises(RecipeError, match="epochs is 'two', which is not of type int") as caught:
        changed_recipe(predictor, ["epochs=two"])
    assert (caught.value.code, caught.value.status) == ("recipe", 400)


def test_too_few_labels_name_what_is_there_and_what_is_needed(
    study: Study, small_model_settings: None
) -> None:
    label_pool(study, rated=12, holdout=3, unrated=8)
    with pytest.raises(TooFewLabelsError, match="12 images outside the hold-out are rated, 20 are"):
        ask(study)
    assert not TrainingRun.objects.exists()


def test_images_that_are_not_there_are_not_to_be_rated(
    study: Study, small_model_settings: None
) -> None:
    """12 images of the pool are rated, all that it has: 8 more must be imported."""
    label_pool(study, rated=12, holdout=3, unrated=0)
    told = "there are only 12, of which 12 are rated. Import at least 8 more images"
    with pytest.raises(TooFewLabelsError, match=told):
        ask(study)
    state = label_state(study)
    assert (state.pool_images, state.missing_images) == (12, 8)


def test_labels_count_although_a_slow_release_lags_behind_them(
    study: Study, small_model_settings: None, sent: Sent
) -> None:
    *_rated, first, second = label_pool(study, rated=19, holdout=3, unrated=2)
    live_release(study)
    OpinionRelease.objects.update(took=9.0)
    with pytest.raises(TooFewLabelsError, match="19 images"):
        ask(study)
    for stimulus in (first, second):
        rate(stimulus, make_rater(study), (3, 3, 3))
    assert ask(study).state == "queued"


def publish(stimuli: list[Stimulus], *perspectives: str) -> None:
    for stimulus in stimuli:
        for name in perspectives:
            factories.publish(stimulus, name, 0.4)


def test_a_perspective_with_too_few_labels_is_named_when_the_run_is_asked_for(
    study: Study, small_model_settings: None
) -> None:
    stimuli = make_stimuli(study, 25)
    publish(stimuli, "quality")
    publish(stimuli[:7], "correspondence")
    fix = "(Authenticity: 0, Correspondence: 7). Rate 20 more images, or import their published"
    with pytest.raises(TooFewLabelsError, match=re.escape(fix)):
        ask(study)
    assert not TrainingRun.objects.exists()
    publish(stimuli, "authenticity")
    publish(stimuli[7:20], "correspondence")
    assert ask(study).state == "queued"


def test_a_second_run_waits_for_the_first(study: Study, labelled: list[Stimulus]) -> None:
    run = ask(study)
    with pytest.raises(RunActiveError, match="is still in progress"):
        ask(study)
    TrainingRun.objects.filter(pk=run.pk).update(state="failed")
    assert ask(study).pk != run.pk


@pytest.mark.django_db(transaction=True)
def test_of_many_requests_at_once_one_gets_its_run(study: Study, labelled: list[Stimulus]) -> None:
    outcomes: list[str] = []
    barrier = threading.Barrier(8)
    # The first reader makes it; the others would be told to come back.
    live_release(study)

    def request() -> None:
        barrier.wait()
        try:
            ask(study)
            outcomes.append("queued")
        except RunActiveError:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=request) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["queued"] + ["refused"] * 7
    assert TrainingRun.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_is_down_does_not_lose_the_run(
    study: Study, labelled: list[Stimulus], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(SEND_TASK, refuse)
    assert TrainingRun.objects.filter(pk=ask(study).pk, state="queued").exists()


def test_a_study_retrains_by_itself_after_so_many_new_ratings(
    study: Study, labelled: list[Stimulus], train: Train
) -> None:
    assert retrain_where_due() == []  # 0 means never
    train()
    study.retrain_every = 3
    study.save(update_fields=["retrain_every"])
    rater = make_rater(study)
    for stimulus in labelled[-2:]:
        rate(stimulus, rater, (3, 3, 3))
    assert retrain_where_due() == []
    rate(labelled[-3], rater, (3, 3, 3))
    (run,) = retrain_where_due()
    assert (run.trigger, run.promote_when_done, run.requested_by) == ("schedule", True, None)
    assert retrain_where_due() == []  # one is active


def test_old_labels_seen_again_are_known(
    study: Study, labelled: list[Stimulus], train: Train
) -> None:
    """Labels A, then fewer (B), then A again: A's snapshot is older than B's, yet it counts."""
    train()
    rater = study.raters.first()
    assert rater is not None
    Rater.objects.filter(pk=rater.pk).update(status="excluded")
    train()
    Rater.objects.filter(pk=rater.pk).update(status="active")
    train()
    study.retrain_every = 1
    study.save(update_fields=["retrain_every"])
    assert retrain_where_due() == []
    # The page counts as the schedule does: 30 images by two raters, all of them seen.
    state = label_state(study)
    assert (state.counts.ratings, state.new) == (60, 0)


def test_too_few_labels_keep_the_schedule_waiting(study: Study, small_model_settings: None) -> None:
    study.retrain_every = 1
    study.save(update_fields=["retrain_every"])
    label_pool(study, rated=4, holdout=1, unrated=0)
    assert retrain_where_due() == []


def test_a_run_that_failed_before_its_labels_is_not_repeated_for_ever(
    study: Study, labelled: list[Stimulus]
) -> None:
    study.retrain_every = 1
    study.save(update_fields=["retrain_every"])
    assert schedule(study) == ["The next training is due: it starts within a minute or two."]
    (run,) = retrain_where_due()
    assert schedule(study) == []  # the page shows the job
    TrainingRun.objects.filter(pk=run.pk).update(state="failed")
    assert retrain_where_due() == []
    (told,) = schedule(study)
    assert "No training of tiny starts by itself, because the last one ended before" in told


def schedule(study: Study) -> list[str]:
    labels = label_state(study)
    return schedule_sentences(study, labels.counts.ratings, suffice=labels.suffice)


def test_the_schedule_says_when_the_next_training_starts(
    study: Study, small_model_settings: None
) -> None:
    assert schedule(study) == ["A training starts only when somebody asks for one."]
    study.retrain_every, study.retrain_nightly = 100, True
    study.save(update_fields=["retrain_every", "retrain_nightly"])
    assert schedule(study) == ["No training starts by itself until there are labels enough."]
    label_pool(study, rated=24, holdout=6, unrated=0)  # by two raters: 60 ratings
    every, night = schedule(study)
    assert every == "The next training starts after 40 more ratings."
    assert night == (
        "A training starts at night, between 2 and 5 o’clock (UTC): there are new ratings."
    )


@pytest.mark.parametrize(("hour", "runs"), [(1, 0), (2, 1), (4, 1), (5, 0)])
def test_at_night_a_study_with_a_new_rating_retrains_once(
    study: Study,
    labelled: list[Stimulus],
    train: Train,
    monkeypatch: pytest.MonkeyPatch,
    hour: int,
    runs: int,
) -> None:
    seen = train().snapshot
    study.retrain_nightly = True
    study.save(update_fields=["retrain_nightly"])
    # The next night: the training above was before it.
    then = timezone.localtime() + timedelta(days=1)
    night = then.replace(hour=hour, minute=30)
    monkeypatch.setattr(timezone, "localtime", lambda: night)
    assert retrain_where_due() == []  # nothing is new
    rate(labelled[-1], make_rater(study), (3, 3, 3))
    found = retrain_where_due()
    assert [run.trigger for run in found] == ["schedule"] * runs
    assert (schedule(study) == []) is bool(runs)
    # It failed in the night: not again before the next one.
    for run in found:
        TrainingRun.objects.filter(pk=run.pk).update(
            state="failed", created_at=night, snapshot=seen
        )
    assert retrain_where_due() == []
    assert any("asked for already" in line for line in schedule(study)) is bool(runs)
