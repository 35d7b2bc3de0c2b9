"""What models do, in the words of the audit trail."""

from django.utils.translation import gettext_lazy as _

from annotation.studies.acts import Words

MODEL_ACTS: dict[str, Words] = {
    "training.requested": _("Requested a training of %(predictor)s"),
    "model.trained": _("Trained version %(number)s of %(predictor)s"),
    "model.promoted": _("Took version %(number)s of %(predictor)s into use, after %(previous)s"),
    "model.entered": _("Imported version %(number)s of %(predictor)s from a folder"),
    "model.rejected": _("Rejected model version %(number)s"),
    "model.overridden": _(
        "Took version %(number)s of %(predictor)s into use, after %(previous)s, although the "
        "hold-out does not show that it is as good: %(reason)s"
    ),
    "model.kept_back": _(
        "Kept model version %(active)s in use: version %(number)s has not shown that it is as good "
        "(SRCC %(srcc)s, not %(active_srcc)s)"
    ),
    "model.waits": _(
        "Left version %(number)s to a person: the hold-out is too small to compare it with version "
        "%(active)s"
    ),
    "predictor.added": _("Added the predictor %(name)s (%(backbone)s)"),
    "predictor.leads": _("Let the predictor %(name)s decide what is rated next"),
}
