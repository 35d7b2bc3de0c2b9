"""The page of one run."""

import re

import pytest
from django.test import Client

from annotation.models import Study
from modelops.models import ModelVersion, TrainingRun
from tests.factories import make_study
from tests.modelops.labelling import make_predictor
from workbench.accounts.models import User
from workbench.core.jobs import leases


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def steps(client: Client, url: str) -> list[str]:
    return [line.words for line in client.get(url).context["history"]]


def test_a_training_tells_all_that_it_did(
    client: Client, study: Study, scored: ModelVersion, owner: User
) -> None:
    client.force_login(owner)
    run = scored.training_run
    found = steps(client, run.get_absolute_url())
    assert found[0] == "Taken by a worker"
    assert found[-1] == "Succeeded"
    shown = text_of(client, run.get_absolute_url())
    run.refresh_from_db()
    snapshot = run.snapshot
    assert snapshot is not None
    assert f"Images to learn from {snapshot.training_stimuli}" in shown
    assert f"Hold-out images {snapshot.holdout_stimuli}" in shown
    assert snapshot.content_sha256[:12] in shown
    assert f"Version {scored.number}" in shown
    # As the history of the model page, and of its scoring.
    model = client.get("/studies/demo/model/").content.decode()
    scoring = scored.scoring_runs.get()
    for address in (run.get_absolute_url(), scoring.get_absolute_url()):
        assert f'href="{address}"' in model
    assert steps(client, scoring.get_absolute_url())[-1] == "Succeeded"
    api = client.get(f"/api/v1/studies/demo/training-runs/{run.pk}/").json()["history"]
    assert [item["event"] for item in api] == [item["event"] for item in run.history]


def test_settings_that_are_not_as_usual_are_marked(
    client: Client, study: Study, scored: ModelVersion, owner: User
) -> None:
    client.force_login(owner)
    run = scored.training_run
    TrainingRun.objects.filter(pk=run.pk).update(recipe=run.recipe | {"seed": 77})
    settings = client.get(run.get_absolute_url()).context["settings"]
    assert {item.name: item.value for item in settings}["seed"] == 77
    assert not {item.name: item.usual for item in settings}["seed"]


@pytest.fixture
def running(study: Study) -> TrainingRun:
    """A second attempt that is under way."""
    run = TrainingRun.objects.create(
        study=study, predictor=make_predictor(study), trigger="command"
    )
    first = leases.claim(TrainingRun, run.pk)
    assert first is not None
    leases.release(TrainingRun, run.pk, first)
    leases.sweep(TrainingRun, wake=lambda pk: None, give_up=lambda job: None)
    second = leases.claim(TrainingRun, run.pk)
    assert second is not None
    leases.renew(TrainingRun, run.pk, second, stage="of the future", progress_total=9)
    return run


def test_one_under_way_follows_itself_and_can_be_cancelled(
    client: Client, running: TrainingRun, owner: User
) -> None:
    client.force_login(owner)
    url = running.get_absolute_url()
    assert steps(client, url) == [
        "Taken by a worker",
        "Its worker fell silent: handed on to another one",
        "Taken by a worker, attempt 2",
        "of the future",
    ]
    assert 'hx-trigger="every 2s"' in client.get(url).content.decode()
    client.post(f"/studies/demo/model/jobs/training/{running.pk}/cancel/")
    over = client.get(url).content.decode()
    assert "Cancelled" in over
    assert "hx-trigger" not in over


def test_in_chinese_its_steps_are_too(client: Client, running: TrainingRun, owner: User) -> None:
    client.force_login(owner)
    client.cookies["django_language"] = "zh-hans"
    assert "Taken by" not in "".join(steps(client, running.get_absolute_url()))


def test_another_studys_run_and_an_unknown_kind_are_not_there(
    client: Client, running: TrainingRun, owner: User
) -> None:
    client.force_login(owner)
    make_study(owner, "other")
    assert client.get(f"/studies/other/model/runs/training/{running.pk}/").status_code == 404
    assert client.get(f"/studies/demo/model/runs/scoring/{running.pk}/").status_code == 404
    assert client.get(f"/studies/demo/model/runs/rating/{running.pk}/").status_code == 404
    TrainingRun.objects.filter(pk=running.pk).update(history=[])
    assert "No log was kept of this run" in client.get(running.get_absolute_url()).content.decode()
