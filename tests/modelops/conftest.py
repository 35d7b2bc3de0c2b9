"""A tiny model with random weights, so that the whole loop runs in a moment."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from annotation.models import Stimulus, Study
from modelops.learning.recipe import Recipe
from modelops.models import ModelVersion, Predictor, TrainingRun
from modelops.runs import retraining, scoring
from modelops.runs.predictors import ensure_predictor
from modelops.runs.training import run_training
from tests.modelops.labelling import label_pool, write_weights
from workbench.core.jobs import leases


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder; every training of a test starts from it."""
    return write_weights(tmp_path_factory.mktemp("weights") / "small")


@pytest.fixture
def small_model_settings(settings: Settings, weights: Path, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path  # an embedding cache of the test's own
    settings.MODEL_BACKBONES = [f"tiny:{weights}"]
    settings.MODEL_DEVICE = "cpu"


@pytest.fixture
def labelled(study: Study, small_model_settings: None) -> list[Stimulus]:
    """24 rated stimuli of the pool, 6 of the hold-out and 10 that nobody has rated."""
    return label_pool(study, rated=24, holdout=6, unrated=10)


Train = Callable[..., ModelVersion]


@pytest.fixture
def train(study: Study) -> Train:
    """Trains in this process, as the worker's child does; the scoring is left to the test."""

    def train(
        *,
        promote_when_done: bool = False,
        predictor: Predictor | None = None,
        **recipe: int | float,
    ) -> ModelVersion:
        run = retraining.request_retrain(
            predictor=predictor or ensure_predictor(study=study, actor=study.owner),
            actor=study.owner,
            trigger=TrainingRun.Trigger.COMMAND,
            promote_when_done=promote_when_done,
            recipe=Recipe(**recipe),  # type: ignore[arg-type]  # settings by name
        )
        fence = leases.claim(TrainingRun, run.pk)
        assert fence is not None
        run.refresh_from_db()
        return run_training(run=run, fence=fence, report=lambda stage, done, total: None)

    return train


@pytest.fixture
def scored(labelled: list[Stimulus], train: Train) -> ModelVersion:
    """A candidate that has predicted everything."""
    version = train()
    score_all(version)
    return version


def score_all(version: ModelVersion) -> None:
    """Does every chunk of the version's active run, as workers would."""
    run = version.scoring_runs.get(state="running")
    for chunk in run.chunks.order_by("index"):
        scoring.score_chunk(chunk_id=chunk.pk)
