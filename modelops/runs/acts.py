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
    "model.promoted": _("Took version %(number)s of %(predictor)s into use (before: %(previous)s)"),
    "model.entered": _("Imported version %(number)s of %(predictor)s from a folder"),
    "model.rejected": _("Rejected model version %(number)s"),
    "model.overridden": _(
        "Took version %(number)s of %(predictor)s into use (before: %(previous)s), although "
        "the hold-out does not show that it is as good: %(reason)s"
    ),
    "model.kept_back": _(
        "Kept model version %(active)s in use: version %(number)s has not shown that it is as good "
        "(SRCC %(srcc)s, not %(active_srcc)s)"
    ),
    "model.waits": _(
        "Left version %(number)s to a person: the hold-out is too small to compare it with version "
        "%(active)s"
    ),
    "rest.by_model": _(
        "Let version %(number)s of %(predictor)s rate the rest: images of the pool: %(images)s"
    ),
    "rest.by_raters": _("Asked raters for the rest again: images of the pool: %(images)s"),
    "predictor.added": _("Added the predictor %(name)s (%(backbone)s)"),
    "predictor.leads": _("Let the predictor %(name)s decide what is rated next"),
}
MODEL_TOLD: dict[str, Told] = {
    **{
        action: Told(
            EventType.MODEL_PROMOTED,
            lambda detail: {"version": detail["version"], "number": detail["number"]},
        )
        for action in ("model.promoted", "model.overridden")
    },
    **{
        f"{kind}.{state}": Told(
            EventType.RUN_FINISHED, job_over(f"{kind}.{state}", "run", kind=kind)
        )
        for kind in ("training", "scoring", "explaining")
        for state in ("succeeded", "failed", "cancelled")
    },
}
