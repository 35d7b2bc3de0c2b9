"""What happened to a job is kept with it: the entries after each way in which a job can go."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from modelops.models import TrainingRun
from tests.workbench.core.jobs.claiming import claimed
from workbench.core.jobs import history, leases


def told(run: TrainingRun) -> list[str]:
    """Events, or the steps that began."""
    run.refresh_from_db()
    times = [datetime.fromisoformat(entry["at"]) for entry in run.history]
    assert times == sorted(times)
    assert all(timezone.now() - time < timedelta(minutes=1) for time in times)
    return [entry.get("stage", entry["event"]) for entry in run.history]


def test_a_worker_that_dies_and_the_one_that_ends_it(run: TrainingRun) -> None:
    first = claimed(run)
    for stage, done in (("labels", 0), ("embedding", 0), ("embedding", 4), ("", 0)):
        leases.renew(TrainingRun, run.pk, first, stage=stage, progress_done=done)
    leases.renew(TrainingRun, run.pk, first)
    assert leases.release(TrainingRun, run.pk, first)
    leases.sweep(TrainingRun, wake=lambda pk: None, give_up=lambda job: None)
    second = claimed(run)
    leases.renew(TrainingRun, run.pk, second, stage="training")
    leases.succeed(TrainingRun, run.pk, second)
    assert told(run) == [
        *("taken", "labels", "embedding", "handed_on"),
        *("taken", "training", "succeeded"),
    ]


def end(run: TrainingRun, how: str) -> None:
    fence = claimed(run)
    if how == "failed":
        leases.fail(TrainingRun, run.pk, fence, error="No space left; free some.")
    elif how == "cancelled":
        assert leases.cancel(TrainingRun, run.pk)
    else:
        leases.postpone(TrainingRun, run.pk, fence)


@pytest.mark.parametrize("how", ["failed", "cancelled", "put_back"])
def test_every_end_is_told(run: TrainingRun, how: str) -> None:
    end(run, how)
    assert told(run) == ["taken", how]


def test_who_lost_the_job_adds_nothing(run: TrainingRun) -> None:
    fence = claimed(run)
    leases.cancel(TrainingRun, run.pk)
    with pytest.raises(leases.LostLeaseError):
        leases.renew(TrainingRun, run.pk, fence, stage="training")
    assert not leases.cancel(TrainingRun, run.pk)
    assert told(run) == ["taken", "cancelled"]


def test_a_job_that_is_put_back_for_ever_does_not_fill_its_row(
    run: TrainingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST", 3)
    for _turn in range(4):
        end(run, "put_back")
    assert told(run) == ["taken", "put_back", "taken"]


def test_an_entry_is_what_the_page_and_the_api_read(run: TrainingRun) -> None:
    claimed(run)
    run.refresh_from_db()
    entry: dict[str, Any] = run.history[0]
    assert entry["event"] in history.Event.values
    assert datetime.fromisoformat(entry["at"]).tzinfo is not None
