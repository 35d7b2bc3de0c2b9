"""What models do, in the words of the audit trail, and to webhooks."""

from django.utils.translation import gettext_lazy as _

from annotation.models.webhook import EventType
from annotation.studies.acts import Words
from annotation.webhooks.events import Told, job_over

MODEL_ACTS: dict[str, Words] = {
    "training.requested": _("Requested a training of %(predictor)s"),
    "training.succeeded": _("Training %(job)s succeeded"),
    "training.failed": _("Training %(job)s failed"),
    "training.cancelled": _("Cancelled training %(job)s"),
    "scoring.succeeded": _("Scoring %(job)s succeeded"),
    "scoring.failed": _("Scoring %(job)s failed"),
    "scoring.cancelled": _("Cancelled scoring %(job)s"),
    "explaining.succeeded": _("Explaining %(job)s succeeded"),
    "explaining.failed": _("Explaining %(job)s failed"),
    "explaining.cancelled": _("Cancelled explaining %(job)s"),
    "model.trained": _("Trained version %(number)s of %(predictor)s"),
    "model.promoted": _("Took version %(number)s of %(predictor)s into use, after %(previous)s"),
    "model.rejected": _("Rejected model version %(number)s"),
    "model.kept_back": _(
        "Kept model version %(active)s in use: version %(number)s ranks worse (SRCC %(srcc)s, "
        "not %(active_srcc)s)"
    ),
    "predictor.added": _("Added the predictor %(name)s (%(backbone)s)"),
    "predictor.leads": _("Let the predictor %(name)s decide what is rated next"),
}
MODEL_TOLD: dict[str, Told] = {
    "model.promoted": Told(
        EventType.MODEL_PROMOTED,
        lambda detail: {"version": detail["version"], "number": detail["number"]},
    ),
    **{
        f"{kind}.{state}": Told(
            EventType.RUN_FINISHED, job_over(f"{kind}.{state}", "run", kind=kind)
        )
        for kind in ("training", "scoring", "explaining")
        for state in ("succeeded", "failed", "cancelled")
    },
}
