"""Training in a process of its own: what it costs in memory ends with it, and whatever kills it
leaves the worker alive."""

import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import OperationalError, connection
from django.utils.translation import gettext as _

from workbench.core.buckets import BucketError
from workbench.core.errors import MintError
from workbench.core.jobs import holders, leases
from workbench.core.jobs.models import ACTIVE_STATES, JobState

from ..learning.errors import TeamBrokenError
from ..models import TrainingRun
from ..predictors.devices import use_processor_cores
from ..predictors.store import release_models
from ..registry.artifacts import refused_when_full
from .training import run_training, scratch_folder

log = structlog.get_logger(__name__)

#: Exit statuses of the training process other than 0.
LOST_LEASE = 75  # EX_TEMPFAIL
ORPHANED = 70  # EX_SOFTWARE
BROKEN_TEAM = 71  # EX_OSERR
#: How long a child may take to leave once its run is over.
GRACE_SECONDS = 30


def supervise(*, run_id: int) -> None:
    """Takes a queued run and trains it in a child process, until that ends.

    A child that was killed leaves a run whose lease is ended here, so that the next sweep hands it
    on; it then continues from its checkpoint.
    """
    fence = leases.claim(TrainingRun, run_id)
    if fence is None:
        return
    release_models()
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "train_run"]
    child = subprocess.Popen(  # noqa: S603 -- our own command
        [*command, str(run_id), str(fence), "--supervisor", str(os.getpid())]
    )
    try:
        status = _watch(child, run_id, fence)
    finally:
        # The worker is being stopped, or the run is another's: the child must not train on.
        if child.poll() is None:
            child.kill()
            child.wait()
    if status and leases.release(TrainingRun, run_id, fence):
        log.warning("training process ended early", run=run_id, status=status)


def _watch(child: "subprocess.Popen[bytes]", run_id: int, fence: int) -> int:
    """Keeps the lease until the child ends, also while that still loads its libraries."""
    while True:
        try:
            # A cancellation has to reach a child that is not far enough to look itself.
            return child.wait(timeout=min(2.0, settings.JOB_LEASE_SECONDS / 4))
        except subprocess.TimeoutExpired:
            try:
                leases.renew(TrainingRun, run_id, fence)
            except leases.LostLeaseError:
                return _ended(child, run_id)
            except OperationalError as error:
                log.warning("heartbeat missed", run=run_id, error=str(error))
                connection.close()


def _ended(child: "subprocess.Popen[bytes]", run_id: int) -> int:
    """The run is no longer held: because the child has just ended it, or because it is lost. A
    child of a cancelled one has nothing left to write: it is not waited for."""
    if TrainingRun.objects.filter(pk=run_id, state=JobState.CANCELLED).exists():
        return LOST_LEASE
    try:
        return child.wait(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        return LOST_LEASE


def train_run(*, run_id: int, fence: int, supervisor: int) -> int:
    """The child's work: trains under a heartbeat. Answers its exit status.

    `supervisor` is the process that watches it, and without which it ends.
    An error that a person can fix fails the run with its message; any other fails it too, named,
    and passes.
    """
    run = TrainingRun.objects.select_related("study", "snapshot", "predictor").get(pk=run_id)
    holders.name_connection(TrainingRun, run_id, fence)
    use_processor_cores()
    heartbeat = Heartbeat(run_id, fence, supervisor)
    heartbeat.start()
    try:
        with refused_when_full():
            run_training(run=run, fence=fence, report=heartbeat.report)
    except leases.LostLeaseError:
        return LOST_LEASE
    except TeamBrokenError as error:
        # As when this process is killed: the run is not over, the next sweep hands it on.
        log.warning("a process of the training is gone", run=run_id, error=str(error))
        return BROKEN_TEAM
    except BucketError as error:
        log.warning("training failed", run=run_id, exc_info=error)
        _fail(run_id, fence, _unreachable(error))
    except MintError as error:
        log.warning("training failed", run=run_id, exc_info=error)
        _fail(run_id, fence, str(error))
    except Exception as error:
        _fail(run_id, fence, _unexpected(error))
        raise
    finally:
        heartbeat.stop()
    # Its checkpoint, and what a killed attempt left half written next to it.
    shutil.rmtree(scratch_folder(run), ignore_errors=True)
    return 0


@dataclass
class _Progress:
    stage: str = ""
    done: int = 0
    total: int = 0


class Heartbeat:
    """Renews the lease, with the progress, from a thread of its own.

    If the run was taken over, or the worker above is gone, it ends the process at once: nothing
    of it may be written any more, and a training step can take minutes.
    """

    def __init__(self, run_id: int, fence: int, supervisor: int) -> None:
        self._run_id, self._fence, self._supervisor = run_id, fence, supervisor
        self._progress = _Progress()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    def join(self) -> None:
        self._thread.join()

    def report(self, stage: str, done: int, total: int) -> None:
        self._progress = _Progress(stage, done, total)

    def _beat(self) -> None:
        # Seen on the page every two seconds; a lease outlives many missed beats.
        while not self._stopped.wait(min(1.0, settings.JOB_LEASE_SECONDS / 4)):
            if os.getppid() != self._supervisor:
                os._exit(ORPHANED)
            try:
                if not self._renew() and not self._ended_by_us():
                    os._exit(LOST_LEASE)
            except OperationalError as error:
                log.warning("heartbeat missed", run=self._run_id, error=str(error))
                connection.close()
        connection.close()

    def _ended_by_us(self) -> bool:
        """Whether the run is over under our fence: its end is written before `stop` is called."""
        ours = TrainingRun.objects.filter(pk=self._run_id, fence=self._fence)
        return ours.exclude(state__in=ACTIVE_STATES).exists()

    def _renew(self) -> bool:
        """False if the lease is not ours (any more)."""
        now = self._progress
        try:
            leases.renew(
                TrainingRun,
                self._run_id,
                self._fence,
                stage=now.stage,
                progress_done=now.done,
                progress_total=now.total,
            )
        except leases.LostLeaseError:
            return False
        return True


def _fail(run_id: int, fence: int, error: str) -> None:
    try:
        leases.fail(TrainingRun, run_id, fence, error=error)
    except leases.LostLeaseError:
        log.warning("a run that failed was taken over already", run=run_id, error=error)


def _unreachable(error: BucketError) -> str:
    return _(
        "The training's files could not be stored or read: %(reason)s. Train again when the "
        "bucket answers again."
    ) % {"reason": error.strerror}


def _unexpected(error: Exception) -> str:
    return _(
        "The training stopped with an unexpected error (%(error)s). Ask an administrator of this "
        "site what the worker's log says; if that does not explain it, report the error with that "
        "log."
    ) % {"error": f"{type(error).__name__}: {error}"}
