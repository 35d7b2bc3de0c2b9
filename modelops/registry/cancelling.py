"""Cancelling what a model does: one service for the page and the API.

A training's process looks every second whether it still holds its run, and ends; of a scoring or an
explaining only what is in a worker's hands at the moment is finished.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from annotation.studies import audit
from workbench.accounts.models import User
from workbench.core.jobs import leases
from workbench.core.jobs.kinds import kind_of

from ..errors import RunOverError
from ..models import ExplainingRun, ScoringRun, TrainingRun

Run = TrainingRun | ScoringRun | ExplainingRun
#: By the name in addresses.
KINDS: dict[str, type[Run]] = {
    "training": TrainingRun,
    "scoring": ScoringRun,
    "explaining": ExplainingRun,
}


def cancel_run(*, run: Run, actor: User | None) -> None:
    """Ends a run that is queued or under way. Raises RunOverError if it is over."""
    with transaction.atomic():
        if not leases.cancel(type(run), run.pk):
            raise RunOverError(_("It is over already; there is nothing to cancel."))
        audit.record(study=run.study, actor=actor, action=f"{kind_of(run)}.cancelled", job=run.pk)
    run.refresh_from_db()
