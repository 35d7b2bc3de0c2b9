"""The broker hands a chunk out again while its first worker still has it, or has done it: after the
visibility timeout, or when an acknowledgement is lost. Each delivery is a thread with a connection
of its own, on the real PostgreSQL."""

import threading
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from annotation.models import AuditEntry, Stimulus
from modelops.models import AcquisitionRound, ModelVersion, Prediction, ScoringChunk, ScoringRun
from modelops.predictors.store import version_model
from modelops.runs import scoring
from modelops.tasks import score_chunk
from tests.annotation.rating.helpers import at_once
from tests.modelops.conftest import Train

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(labelled: list[Stimulus], train: Train, settings: Settings) -> ScoringRun:
    """40 images in chunks of 20, of a candidate that promotes itself when they are scored."""
    settings.SCORING_CHUNK = 20
    version = train(promote_when_done=True)
    # Embedded beforehand: two workers are two processes, which do not share a tokenizer.
    version_model(version).embedder.embed(list(Stimulus.objects.select_related("prompt")))
    return version.scoring_runs.get()


def deliver_twice_at_once(chunk: ScoringChunk, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that both have predicted before either has written."""
    both = threading.Barrier(2)
    predictions = scoring._predictions

    def predict_and_meet(*given: Any) -> list[Prediction]:
        made = predictions(*given)
        both.wait(60)
        return made

    with monkeypatch.context() as patch:
        patch.setattr(scoring, "_predictions", predict_and_meet)
        at_once(score_chunk, [chunk.pk, chunk.pk])


def predicted() -> list[tuple[object, ...]]:
    fields = ("stimulus", "perspective", "mean", "posterior_sd", "misfit_sd", "rater_sd")
    return list(Prediction.objects.order_by("stimulus", "perspective").values_list(*fields))


def everything() -> list[Any]:
    """All that scoring may write, to the last bit and moment."""
    kinds = (Prediction, ScoringChunk, ScoringRun, AcquisitionRound, ModelVersion, AuditEntry)
    rows: list[Any] = [list(kind._default_manager.order_by("pk").values()) for kind in kinds]
    return [*rows, list(Stimulus.objects.order_by("pk").values("pk", "priority"))]


def test_a_chunk_delivered_to_two_workers_at_once_is_as_if_delivered_once(
    run: ScoringRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunk = run.chunks.get(index=0)
    score_chunk(chunk.pk)
    alone = predicted()
    assert len(alone) == 20 * 3
    # The same again, from the start.
    Prediction.objects.all().delete()
    ScoringRun.objects.update(progress_done=0)
    ScoringChunk.objects.update(state="pending", attempts=0, finished_at=None)

    deliver_twice_at_once(chunk, monkeypatch)
    assert predicted() == alone
    run.refresh_from_db()
    assert (run.state, run.progress_done, run.error) == ("running", 20, "")
    assert list(run.chunks.order_by("index").values_list("state", "attempts")) == [
        ("done", 2),
        ("pending", 0),
    ]

    before = everything()
    score_chunk(chunk.pk)  # and once more, when it is done and the run is not
    assert everything() == before


def test_the_last_chunk_delivered_twice_ends_the_run_once(
    run: ScoringRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = run.chunks.order_by("index")
    score_chunk(first.pk)
    deliver_twice_at_once(last, monkeypatch)
    run.refresh_from_db()
    assert (run.state, run.progress_done, run.error) == ("succeeded", 40, "")
    assert len(predicted()) == 40 * 3
    assert AuditEntry.objects.filter(action="model.promoted").count() == 1
    assert AcquisitionRound.objects.count() == 1

    before = everything()
    for chunk in (first, last):
        score_chunk(chunk.pk)  # after the run is over
    at_once(score_chunk, [last.pk, last.pk])
    assert everything() == before
