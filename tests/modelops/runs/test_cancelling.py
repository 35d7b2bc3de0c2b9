"""Cancelling trainings, scorings and explainings: by page and API, and what a worker then does."""

import pytest
from django.test import Client

from annotation.models import AuditEntry, Stimulus, Study
from modelops.errors import RunOverError
from modelops.models import ModelVersion, Prediction, TrainingRun
from modelops.registry.cancelling import cancel_run
from modelops.runs import promotion, scoring
from modelops.runs.retraining import retrain_where_due
from modelops.runs.supervision import Heartbeat
from tests.factories import make_explanation, make_stimuli
from tests.modelops.labelling import make_predictor
from workbench.accounts.models import User
from workbench.core.jobs import leases

API = "/api/v1/studies/demo"


@pytest.fixture
def console(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def running(study: Study) -> tuple[TrainingRun, int]:
    run = TrainingRun.objects.create(study=study, predictor=make_predictor(study), trigger="api")
    fence = leases.claim(TrainingRun, run.pk)
    assert fence is not None
    return run, fence


def test_a_training_is_cancelled_from_its_page(console: Client, study: Study) -> None:
    run, _fence = running(study)
    page = console.get("/studies/demo/model/").content.decode()
    address = f"/studies/demo/model/jobs/training/{run.pk}/cancel/"
    assert f'action="{address}"' in page
    console.post(address)
    run.refresh_from_db()
    assert (run.state, run.finished_at is not None) == ("cancelled", True)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.detail) == ("training.cancelled", {"job": run.pk})
    assert "Cancelled" in console.get("/studies/demo/model/").content.decode()


def test_the_process_of_a_cancelled_training_holds_nothing(study: Study) -> None:
    run, fence = running(study)
    cancel_run(run=run, actor=None)
    with pytest.raises(leases.LostLeaseError):
        leases.succeed(TrainingRun, run.pk, fence)
    heartbeat = Heartbeat(run.pk, fence, 1)
    # Neither its own lease nor an end of its own making: it ends its process.
    assert not heartbeat._renew()
    assert not heartbeat._ended_by_us()


def test_what_is_over_cannot_be_cancelled(console: Client, study: Study) -> None:
    run, fence = running(study)
    leases.fail(TrainingRun, run.pk, fence, error="no")
    with pytest.raises(RunOverError):
        cancel_run(run=run, actor=None)
    answer = console.post(f"{API}/training-runs/{run.pk}/cancel/")
    assert (answer.status_code, answer.json()["code"]) == (409, "run_over")
    assert not AuditEntry.objects.filter(action="training.cancelled").exists()


def test_the_api_cancels_and_says_so(console: Client, study: Study) -> None:
    run, _fence = running(study)
    answer = console.post(f"{API}/training-runs/{run.pk}/cancel/")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")


def test_a_cancelled_scoring_predicts_no_more_and_can_be_repeated(
    console: Client, scored: ModelVersion, study: Study
) -> None:
    promotion.promote(version=scored, actor=None)
    before = Prediction.objects.count()
    make_stimuli(study, [900])
    run = scoring.start_scoring(version=scored)
    console.post(f"{API}/scoring-runs/{run.pk}/cancel/")
    for chunk in run.chunks.all():
        scoring.score_chunk(chunk_id=chunk.pk)
    assert Prediction.objects.count() == before
    scoring.score_new_stimuli()
    assert not scored.scoring_runs.filter(state="running").exists(), "somebody stopped it"
    assert "Predict again" in console.get("/studies/demo/model/").content.decode()


def test_a_cancelled_scheduled_training_is_not_asked_for_again(
    labelled: list[Stimulus], study: Study
) -> None:
    Study.objects.update(retrain_every=1)
    (run,) = retrain_where_due()
    cancel_run(run=run, actor=None)
    assert retrain_where_due() == []


def test_the_history_moves_with_its_job(console: Client, study: Study) -> None:
    run, fence = running(study)
    leases.renew(TrainingRun, run.pk, fence, stage="embedding", progress_done=3, progress_total=9)
    fragment = console.get("/studies/demo/model/jobs/").content.decode()
    history = fragment.split('id="history"')[1]
    assert 'hx-swap-oob="true"' in history
    assert "Running" in history
    assert "Looking at the images · 3/9" in history.replace("</span>", "")


def test_explaining_is_offered_only_if_there_is_something_to_learn_from(
    console: Client, labelled: list[Stimulus], study: Study
) -> None:
    page = console.get("/studies/demo/model/").content.decode()
    assert 'name="explanations"' not in page
    assert "not offered yet" in page
    key = study.form.fields[0].key
    trial = labelled[0].trials.first()
    assert trial is not None
    make_explanation(trial, study.form.fields[0].perspective, phrases={key: 1})
    assert "from 1 image with reasons" in console.get("/studies/demo/model/").content.decode()


@pytest.mark.parametrize("address", ["nothing/1", "training/x", f"training/{10**30}"])
def test_an_address_that_names_no_job_is_missing(
    console: Client, study: Study, address: str
) -> None:
    assert console.post(f"/studies/demo/model/jobs/{address}/cancel/").status_code == 404
