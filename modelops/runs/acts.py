"""What models do, in the words of the audit trail."""

from django.utils.translation import gettext_lazy as _

from annotation.studies.acts import Words

MODEL_ACTS: dict[str, Words] = {
    "training.requested": _("Requested a training of %(predictor)s"),
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
