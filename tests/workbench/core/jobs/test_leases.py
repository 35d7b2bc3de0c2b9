import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from modelops.models import TrainingRun
from tests.factories import make_study
from tests.modelops.labelling import make_predictor
from tests.workbench.core.jobs.claiming import claimed
from workbench.accounts.models import User
from workbench.core.jobs import leases
from workbench.core.jobs.models import Job, JobState
from workbench.local.process import wait_until


def lease_of(run: TrainingRun) -> datetime:
    run.refresh_from_db()
    assert run.lease_expires_at is not None
    return run.lease_expires_at


def expire(run: TrainingRun) -> None:
    TrainingRun.objects.filter(pk=run.pk).update(
        lease_expires_at=timezone.now() - timedelta(seconds=1)
    )


def test_a_queued_job_is_claimed_once(run: TrainingRun) -> None:
    assert leases.claim(TrainingRun, run.pk) == 1
    assert leases.claim(TrainingRun, run.pk) is None
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("running", 1)
    assert run.lease_expires_at is not None
    assert run.started_at is not None


def test_a_heartbeat_lengthens_the_lease_and_carries_progress(run: TrainingRun) -> None:
    fence = claimed(run)
    expire(run)
    leases.renew(TrainingRun, run.pk, fence, progress_done=3)
    run.refresh_from_db()
    assert run.lease_expires_at is not None
    assert run.lease_expires_at > timezone.now()
    assert run.progress_done == 3


def test_a_stale_fence_can_write_nothing(run: TrainingRun) -> None:
    stale = claimed(run)
    expire(run)
    assert leases.requeue(TrainingRun, run.pk, stale)
    fresh = claimed(run)
    assert fresh > stale
    with pytest.raises(leases.LostLeaseError):
        leases.renew(TrainingRun, run.pk, stale)
    with pytest.raises(leases.LostLeaseError):
        leases.succeed(TrainingRun, run.pk, stale)
    with pytest.raises(leases.LostLeaseError):
        leases.fail(TrainingRun, run.pk, stale, error="late")
    assert not leases.release(TrainingRun, run.pk, stale)
    run.refresh_from_db()
    assert (run.state, run.error) == ("running", "")


def test_a_job_with_a_living_lease_is_not_handed_on(run: TrainingRun) -> None:
    fence = claimed(run)
    assert not leases.requeue(TrainingRun, run.pk, fence)


def test_releasing_lets_the_next_sweep_hand_it_on(run: TrainingRun) -> None:
    fence = claimed(run)
    assert leases.release(TrainingRun, run.pk, fence)
    assert leases.requeue(TrainingRun, run.pk, fence)


def test_a_job_that_is_over_is_over(run: TrainingRun) -> None:
    fence = claimed(run)
    leases.succeed(TrainingRun, run.pk, fence)
    with pytest.raises(leases.LostLeaseError):
        leases.fail(TrainingRun, run.pk, fence, error="after all")
    run.refresh_from_db()
    assert run.finished_at is not None
    assert leases.claim(TrainingRun, run.pk) is None


@pytest.mark.parametrize(
    ("state", "attempts", "does"),
    [
        (JobState.QUEUED, 0, "wake"),
        (JobState.RUNNING, leases.MAX_ATTEMPTS - 1, "wake"),
        (JobState.RUNNING, leases.MAX_ATTEMPTS, "give up"),
    ],
)
def test_of_two_sweeps_at_once_one_sees_to_a_job(
    run: TrainingRun, owner: User, state: str, attempts: int, does: str
) -> None:
    """The second sweep runs while the first, which knows all silent jobs, is at its first."""
    study = make_study(owner, slug="another")
    other = TrainingRun.objects.create(
        study=study, predictor=make_predictor(study), trigger="command"
    )
    for job in (run, other):
        expire(job)
    TrainingRun.objects.update(state=state, attempts=attempts)
    done: list[tuple[str, int]] = []

    def see_to(what: str, pk: int) -> None:
        done.append((what, pk))
        if len(done) == 1:
            sweep()

    def give_up(job: Job) -> None:
        see_to("give up", job.pk)

    def sweep() -> None:
        leases.sweep(TrainingRun, wake=lambda pk: see_to("wake", pk), give_up=give_up)

    sweep()
    assert sorted(done) == [(does, run.pk), (does, other.pk)]


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_kept_while_work_says_nothing(run: TrainingRun, settings: Settings) -> None:
    settings.JOB_LEASE_SECONDS = 0.2
    fence = claimed(run)
    with leases.kept(TrainingRun, run.pk, fence):
        expire(run)
        assert wait_until(lambda: lease_of(run) > timezone.now(), seconds=10)
    expire(run)
    assert leases.requeue(TrainingRun, run.pk, fence)


@pytest.mark.django_db(transaction=True)
def test_a_holder_that_stands_still_loses_its_locks(run: TrainingRun, settings: Settings) -> None:
    """As a stopped process does: it holds the job's row and a lock, and is silent."""
    settings.JOB_LEASE_SECONDS = 0.2
    still, goes_on, woken = threading.Event(), threading.Event(), list[int]()

    def hold() -> None:
        fence = claimed(run)
        with suppress(OperationalError), transaction.atomic():
            leases.renew(TrainingRun, run.pk, fence)
            lock("pg_advisory_lock")
            still.set()
            assert goes_on.wait(20)
            leases.renew(TrainingRun, run.pk, fence)
        with pytest.raises(leases.LostLeaseError):
            leases.fail(TrainingRun, run.pk, fence, error="its connection is gone")
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        assert still.wait(20)
        assert not lock("pg_try_advisory_lock")
        assert wait_until(lambda: lease_of(run) <= timezone.now(), seconds=10)
        leases.sweep(TrainingRun, wake=woken.append, give_up=lambda job: pytest.fail(str(job)))
        assert woken == [run.pk]
        assert wait_until(lambda: lock("pg_try_advisory_lock"), seconds=10)
        goes_on.set()
        holder.result()
    run.refresh_from_db()
    assert (run.state, run.error) == ("queued", "")


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_ended_is_replaced(run: TrainingRun) -> None:
    """As when PostgreSQL was started again: the job is held as before."""
    fence = claimed(run)
    backend = connection.connection.info.backend_pid

    def end() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [backend])
        connection.close()

    with ThreadPoolExecutor(1) as other:
        other.submit(end).result()
    with pytest.raises(OperationalError):
        lock("pg_try_advisory_lock")
    leases.renew(TrainingRun, run.pk, fence, progress_done=2)
    run.refresh_from_db()
    assert (run.state, run.progress_done) == ("running", 2)


def lock(how: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {how}(7, 7)")
        ((taken,),) = cursor.fetchall()
    return taken is not False
