"""A worker is killed in the middle of its work. Nothing is lost, incomplete or done twice."""

import os
import shutil
from pathlib import Path

import pytest
import redis
from celery import current_app
from django.conf import settings
from pytest_django.fixtures import Settings

from annotation.models import Stimulus, Study
from modelops.acquisition.ranking import read_ranking
from modelops.learning.recipe import Recipe
from modelops.models import ModelVersion, Prediction, ScoringChunk, ScoringRun, TrainingRun
from modelops.predictors.devices import use_processor_cores
from modelops.runs import promotion, scoring, sweeping
from modelops.runs.predictors import ensure_predictor
from modelops.runs.retraining import request_retrain
from modelops.runs.training import run_training, scratch_folder
from tests.faults.workers import kill, kill_all_but, running_worker, training_process, wait_until
from tests.modelops.conftest import score_all
from tests.modelops.labelling import label_pool, write_weights
from workbench.core.jobs import leases

pytestmark = [
    pytest.mark.worker,
    pytest.mark.slow,
    pytest.mark.timeout(900),  # workers start slowly on a loaded machine
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def environment(settings: Settings, weights: Path) -> dict[str, str]:
    """A small model, here and in the worker, and leases so short that a test can outwait them."""
    settings.MODEL_BACKBONES = [f"tiny:{weights}"]
    settings.JOB_LEASE_SECONDS = 3
    return {
        "MODEL_BACKBONES": f"tiny:{weights}",
        "JOB_LEASE_SECONDS": "3",
        "QUEUE_VISIBILITY_SECONDS": "600",  # so that the sweeper, not the broker, hands work on
    }


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_weights(tmp_path_factory.mktemp("weights") / "small")


@pytest.fixture
def stimuli(study: Study) -> list[Stimulus]:
    current_app.control.purge()
    shutil.rmtree(Path(settings.DATA_DIR) / "cache", ignore_errors=True)
    return label_pool(study, rated=24, holdout=6, unrated=10)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "worker.log"


def ask(study: Study, **recipe: int | float) -> TrainingRun:
    return request_retrain(
        predictor=ensure_predictor(study=study, actor=None),
        actor=None,
        trigger=TrainingRun.Trigger.COMMAND,
        recipe=Recipe(**recipe),  # type: ignore[arg-type]  # settings by name
    )


def state_of(run: TrainingRun) -> str:
    run.refresh_from_db()
    return str(run.state)


def sweep_until_succeeded(run: TrainingRun, log: Path) -> None:
    def over() -> bool:
        sweeping.sweep_runs()
        assert state_of(run) != "failed", run.error
        return run.state == "succeeded"

    wait_until(over, log)


def train_undisturbed(study: Study, **recipe: int | float) -> ModelVersion:
    """In this process, from claim to candidate."""
    run = ask(study, **recipe)
    fence = leases.claim(TrainingRun, run.pk)
    assert fence is not None
    use_processor_cores()  # as the worker's child does: the same sums in the same order
    run.refresh_from_db()
    return run_training(run=run, fence=fence, report=lambda stage, done, total: None)


class BlockedImage:
    """An image whose reading never ends: its file is a pipe into which nobody writes."""

    def __init__(self, stimulus: Stimulus) -> None:
        self.path = Path(stimulus.picture.path)
        self.content = self.path.read_bytes()
        self.path.unlink()
        os.mkfifo(self.path)

    def heal(self) -> None:
        self.path.unlink()
        self.path.write_bytes(self.content)


def test_scoring_continues_where_a_killed_worker_stopped(
    study: Study,
    stimuli: list[Stimulus],
    environment: dict[str, str],
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = train_undisturbed(study)
    version.scoring_runs.all().delete()
    Prediction.objects.all().delete()
    # The last of five chunks holds an image that nobody has embedded yet.
    blocked = BlockedImage(stimuli[-1])
    shutil.rmtree(Path(settings.DATA_DIR) / "cache")
    monkeypatch.setattr(settings, "SCORING_CHUNK", 8)
    current_app.control.purge()
    run = scoring.start_scoring(version=version)

    with running_worker(log, environment) as worker:
        wait_until(lambda: run.chunks.filter(state="pending", attempts=1).exists(), log)
        wait_until(lambda: run.chunks.filter(state="done").count() == 4, log)
        kill(worker)
    run.refresh_from_db()
    assert (run.state, run.progress_done) == ("running", 32)
    assert Prediction.objects.count() == 32 * 3  # whole chunks only

    blocked.heal()
    with running_worker(log, environment):

        def over() -> bool:
            sweeping.sweep_runs()
            run.refresh_from_db()
            assert run.state != "failed", run.error
            return run.state == "succeeded"

        wait_until(over, log)
    assert run.progress_done == 40
    assert Prediction.objects.filter(model_version=version).count() == 40 * 3
    # Unique by constraint; the finished chunks were not done again.
    assert list(run.chunks.order_by("index").values_list("attempts", flat=True))[:4] == [1] * 4


def test_a_killed_training_process_continues_to_the_same_model(
    study: Study, stimuli: list[Stimulus], environment: dict[str, str], log: Path
) -> None:
    recipe = {"epochs": 30, "learning_rate": 1e-3, "batch_size": 4}
    undisturbed = train_undisturbed(study, **recipe)
    run = ask(study, **recipe)
    checkpoint = scratch_folder(run) / "checkpoint.safetensors"
    with running_worker(log, environment) as worker:
        wait_until(checkpoint.exists, log)
        process = training_process(worker)
        assert process is not None
        process.kill()
        process.wait(10)
        assert worker.poll() is None
        sweep_until_succeeded(run, log)
        wait_until(lambda: not checkpoint.parent.exists(), log)
    assert run.attempts == 2
    # The weights below the heads, to the last bit.
    assert run.model_version.backbone_sha256 == undisturbed.backbone_sha256
    assert ModelVersion.objects.count() == 2


def test_a_training_dies_with_its_worker_and_is_taken_over(
    study: Study, stimuli: list[Stimulus], environment: dict[str, str], log: Path
) -> None:
    blocked = BlockedImage(stimuli[3])
    run = ask(study)
    with running_worker(log, environment) as worker:
        wait_until(lambda: state_of(run) == "running" and run.stage == "embedding", log)
        process = training_process(worker)
        assert process is not None
        kill_all_but(worker, process)
        wait_until(lambda: not process.is_running(), log)
    assert state_of(run) == "running"
    assert not ModelVersion.objects.exists()

    blocked.heal()
    with running_worker(log, environment):
        sweep_until_succeeded(run, log)
    version = ModelVersion.objects.get()
    assert (version.training_run_id, version.number, run.attempts) == (run.pk, 1, 2)
    artifacts = Path(settings.DATA_DIR) / "artifacts"
    folders = [path.name for path in (artifacts / f"models/{study.pk}").iterdir()]
    assert folders == [f"run-{run.pk}-{run.fence}"]


def as_after_a_restart_of_redis() -> None:
    """It keeps nothing: the queue and the cache are empty, and every connection is cut."""
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client:
        client.flushall()
        client.client_kill_filter(_type="normal", skipme=True)


def test_killed_and_without_its_queue_a_model_is_promoted_and_rolled_back_whole(
    study: Study, stimuli: list[Stimulus], environment: dict[str, str], log: Path
) -> None:
    """A worker dies in a training, Redis forgets who was to go on, and what comes of it is promoted
    and taken back: every row says the same."""
    first = train_undisturbed(study)
    score_all(first)
    promotion.promote(version=first, actor=None)
    blocked = BlockedImage(study.stimuli.get(pk=stimuli[3].pk))
    shutil.rmtree(Path(settings.DATA_DIR) / "cache")
    run = ask(study)
    with running_worker(log, environment) as worker:
        wait_until(lambda: state_of(run) == "running" and run.stage == "embedding", log)
        kill(worker)
    as_after_a_restart_of_redis()
    blocked.heal()
    with running_worker(log, environment):
        sweep_until_succeeded(run, log)
        second = run.model_version
        # In the middle of what follows, with the worker connected.
        as_after_a_restart_of_redis()
        scoring_run = second.scoring_runs.get()

        def scored() -> bool:
            sweeping.sweep_runs()
            scoring_run.refresh_from_db()
            assert scoring_run.state != "failed", scoring_run.error
            return bool(scoring_run.state == "succeeded")

        wait_until(scored, log)
    assert (run.attempts, ModelVersion.objects.count()) == (2, 2)
    promotion.promote(version=second, actor=None, reason="to see whether it can be undone")
    check_in_use(second, retired=first)
    promotion.promote(version=first, actor=None)
    check_in_use(first, retired=second)
    assert list(study.acquisition_rounds.values_list("model_version", flat=True)) == [
        first.pk,
        second.pk,
        first.pk,
    ]


def check_in_use(version: ModelVersion, *, retired: ModelVersion) -> None:
    """One version is in use, all of both is there, and the order of rating is the one's."""
    assert dict(ModelVersion.objects.values_list("pk", "state")) == {
        version.pk: "active",
        retired.pk: "retired",
    }
    for each in (version, retired):
        assert each.predictions.count() == 40 * 3
        assert each.heads.count() == 3
    assert not TrainingRun.objects.exclude(state="succeeded").exists()
    assert not ScoringRun.objects.exclude(state="succeeded").exists()
    assert not ScoringChunk.objects.filter(state="pending").exists()
    ranked = read_ranking(version).priorities
    found = dict(Stimulus.objects.filter(pk__in=ranked).values_list("pk", "priority"))
    assert found == pytest.approx(ranked)
