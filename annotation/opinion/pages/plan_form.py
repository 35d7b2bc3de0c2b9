"""What the planner asks: a form that works without script."""

from collections.abc import Mapping
from typing import Any, Self

from django import forms
from django.utils.translation import gettext_lazy as _

from ...models import Perspective, Study
from ...studies.pages.fields import DecimalField
from ...studies.texts import localized
from ..agreement.planning import Labour
from ..panel.planner import Wishes


class PlanForm(forms.Form):
    """An empty goal is not planned."""

    perspective = forms.ChoiceField(label=_("Perspective"), required=False)
    half_width = DecimalField(
        # xgettext:no-python-format
        label=_("Half-width of each image’s 95 % interval"),
        unit=_("points"),
        min_value=0.001,
        max_value=100,
        required=False,
    )
    difference = DecimalField(
        label=_("Difference of two generators’ means"),
        unit=_("points"),
        min_value=0.001,
        max_value=100,
        required=False,
    )
    srcc_difference = DecimalField(
        label=_("Difference of two models’ SRCC"), min_value=0.001, max_value=0.5, required=False
    )
    srcc = DecimalField(
        label=_("SRCC of the weaker model"), min_value=0.01, max_value=0.98, required=False
    )
    ratings_per_image = forms.IntegerField(
        label=_("Ratings per image, for the two differences"),
        min_value=1,
        max_value=1000,
        required=False,
    )
    raters = forms.IntegerField(
        label=_("Raters, for the difference of generators"),
        min_value=1,
        max_value=100_000,
        required=False,
    )
    seconds = DecimalField(
        label=_("Time per image"),
        unit=_("seconds"),
        min_value=0.1,
        max_value=3600,
        required=False,
        help_text=_("The median of this study if it has ratings."),
    )
    hourly_pay = DecimalField(
        label=_("Hourly pay"),
        unit=_("in your currency"),
        min_value=0,
        max_value=100_000,
        required=False,
    )

    @classmethod
    def read(cls, given: Mapping[str, Any], study: Study, wishes: Wishes) -> Self:
        """Bound to what an address asks for; what it does not name is as in `wishes`."""
        start = {
            "half_width": wishes.half_width,
            "difference": wishes.difference,
            "srcc_difference": wishes.srcc_difference,
            "srcc": wishes.srcc,
            "ratings_per_image": wishes.ratings_per_image,
            "raters": wishes.raters,
            "seconds": wishes.labour.seconds,
            "hourly_pay": wishes.labour.hourly_pay,
        }
        form = cls({**start, **given})
        choices = [(item.key, localized(item.label)) for item in study.perspective_settings]
        form.fields["perspective"].choices = choices  # type: ignore[attr-defined] # of a ChoiceField
        return form

    def wishes(self, start: Wishes) -> Wishes:
        """What a valid form asks; an empty field that is no goal is as in `start`."""
        told = self.cleaned_data
        return Wishes(
            half_width=told["half_width"],
            difference=told["difference"],
            srcc_difference=told["srcc_difference"],
            srcc=told["srcc"] or start.srcc,
            ratings_per_image=told["ratings_per_image"] or start.ratings_per_image,
            raters=told["raters"] or start.raters,
            labour=Labour(
                seconds=told["seconds"] or start.labour.seconds, hourly_pay=told["hourly_pay"]
            ),
        )


def chosen_perspective(study: Study, key: str | None) -> Perspective | None:
    """The perspective of that key, else the first; None if the study asks nothing."""
    asked = list(study.perspectives.all())
    return next((item for item in asked if item.key == key), asked[0] if asked else None)
