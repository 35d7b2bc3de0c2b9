"""Why an image is rated next, in a few words, for the page and the API."""

from django.utils.translation import gettext as _

from annotation.models import Study
from annotation.rating.upcoming import Reason, Upcoming

#: Images that a round chose have priorities above this one (`acquisition.ranks.rank`).
_CHOSEN_ABOVE = 1.0


def reason_in_words(study: Study, item: Upcoming, *, prioritised: bool) -> str:
    """prioritised: whether a model has set priorities."""
    image = item.stimulus
    match item.reason:
        case Reason.HOLDOUT:
            return _("Hold-out image: measures the model")
        case Reason.AUDIT:
            return _("Random image (audit): shows what chance would have chosen")
        case Reason.WIDE if item.half_width is not None:
            half = f"{100 * item.half_width:.0f}"
            return _("One more: its 95 %% interval is still ± %(half)s %% of the scale") % {
                "half": half
            }
        case Reason.NEW:
            return _new(image.priority, prioritised)
    return _("Begun: %(given)d of its %(wanted)d ratings are given or under way") % {
        "given": image.claimed_ratings,
        "wanted": image.wanted_ratings,
    }


def _new(priority: float, prioritised: bool) -> str:
    if not prioritised:
        return _("New image, in random order: no model has set priorities")
    if priority > _CHOSEN_ABOVE:
        return _("New image that the model chose to learn from")
    return _("New image, next by the model’s priorities")
