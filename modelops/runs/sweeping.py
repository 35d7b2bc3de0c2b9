"""Handing on what its worker lost. Beat calls it every ten seconds; it may run twice at once."""

from functools import partial

from django.utils import timezone
from django.utils.translation import gettext as _

from workbench.core.jobs import leases
from workbench.core.jobs.models import Job, JobState
from workbench.core.jobs.queue import enqueue

from ..explaining import assessing
from ..explaining import runs as explaining
from ..models import Assessment, ExplainingRun, ScoringRun, TrainingRun
from ..registry.queue import ASSESS, EXPLAIN, TRAIN
from .scoring import wake_workers

#: A scoring run that waits behind others is not asked for ever more often: 1, 2, 4, … up to this
#: many leases lie between two calls.
LONGEST_WAIT = 64


def sweep_runs() -> None:
    """Requeues trainings whose worker is silent, and asks again for what nobody answered."""
    leases.sweep(TrainingRun, wake=partial(enqueue, TRAIN), give_up=_give_up)
    leases.sweep(ExplainingRun, wake=partial(enqueue, EXPLAIN), give_up=explaining.give_up)
    leases.sweep(Assessment, wake=partial(enqueue, ASSESS), give_up=assessing.give_up)
    assessing.forget_old()
    _ask_again_for_chunks()


def _give_up(run: Job) -> None:
    error = _(
        "The training's process ended early %(attempts)d times, without an error of its own; "
        "it probably ran out of memory. Use a smaller model, or ask an administrator of this site "
        "to read the worker's log and give it more memory; then train again."
    )
    leases.fail(TrainingRun, run.pk, run.fence, error=error % {"attempts": run.attempts})


def _ask_again_for_chunks() -> None:
    silent = ScoringRun.objects.filter(state=JobState.RUNNING, lease_expires_at__lte=timezone.now())
    for run in silent:
        wait = min(LONGEST_WAIT, 2**run.attempts)
        next_call = leases.lease_end(wait)
        # The old lease is the condition: of two sweeps, one asks.
        if silent.filter(pk=run.pk, lease_expires_at=run.lease_expires_at).update(
            lease_expires_at=next_call, attempts=min(run.attempts + 1, 100)
        ):
            wake_workers(run)
