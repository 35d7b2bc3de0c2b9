"""Handing on what its worker lost. Beat calls it every ten seconds; it may run twice at once."""

import structlog
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import ModelVersion, ScoringRun, TrainingRun
from ..models.jobs import JobState
from . import jobs
from .queue import TRAIN, enqueue
from .scoring import start_scoring, unscored_stimuli, wake_workers

log = structlog.get_logger(__name__)

#: A scoring run that waits behind others is not asked for ever more often: 1, 2, 4, … up to this
#: many leases lie between two calls.
LONGEST_WAIT = 64


def sweep_runs() -> None:
    """Requeues trainings whose worker is silent, and asks again for what nobody answered."""
    _hand_on_trainings()
    _ask_again_for_trainings()
    _ask_again_for_chunks()


def score_new_stimuli() -> None:
    """Has the active version of each study predict images that came after its scoring."""
    for version in ModelVersion.objects.filter(state=ModelVersion.State.ACTIVE):
        last = version.scoring_runs.first()
        if last is not None and last.state != JobState.SUCCEEDED:
            continue  # under way, or failed with a message that a person has to read
        if unscored_stimuli(version).exists():
            start_scoring(version=version)


def _hand_on_trainings() -> None:
    expired = TrainingRun.objects.filter(
        state=JobState.RUNNING, lease_expires_at__lte=timezone.now()
    )
    for pk, fence, attempts in expired.values_list("pk", "fence", "attempts"):
        if attempts < jobs.MAX_ATTEMPTS:
            if jobs.requeue(TrainingRun, pk, fence):
                log.warning("training handed on", run=pk, attempts=attempts)
                enqueue(TRAIN, pk)
            continue
        # Conditional on the fence, and on the lease still being over.
        expired.filter(pk=pk, fence=fence).update(
            state=JobState.FAILED,
            finished_at=timezone.now(),
            lease_expires_at=None,
            error=_(
                "The training's process ended early %(attempts)d times, without an error of its "
                "own; probably it ran out of memory. See the worker's log, give it more memory "
                "or a smaller model, and retrain."
            )
            % {"attempts": attempts},
        )


def _ask_again_for_trainings() -> None:
    now = timezone.now()
    unanswered = TrainingRun.objects.filter(state=JobState.QUEUED).filter(
        Q(lease_expires_at__lte=now) | Q(lease_expires_at=None)
    )
    for pk in list(unanswered.values_list("pk", flat=True)):
        if unanswered.filter(pk=pk).update(lease_expires_at=jobs.lease_end()):
            enqueue(TRAIN, pk)


def _ask_again_for_chunks() -> None:
    silent = ScoringRun.objects.filter(state=JobState.RUNNING, lease_expires_at__lte=timezone.now())
    for run in silent:
        wait = min(LONGEST_WAIT, 2**run.attempts)
        next_call = jobs.lease_end(wait)
        # The old lease is the condition: of two sweeps, one asks.
        if silent.filter(pk=run.pk, lease_expires_at=run.lease_expires_at).update(
            lease_expires_at=next_call, attempts=min(run.attempts + 1, 100)
        ):
            wake_workers(run)
