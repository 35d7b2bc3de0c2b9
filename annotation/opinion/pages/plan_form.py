"""What the planner asks: a form without script, and the same fields for the API."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ...models import Perspective, Study
from ..agreement.planning import Labour
from ..panel.planner import Wishes
from ..panel.selectors import PanelResults
from ..votes import limits_of

#: Shares of the scale's range: a half-width, and a difference of generators.
_HALF_WIDTH, _DIFFERENCE = 1 / 8, 1 / 16
_SRCC_DIFFERENCE, _SRCC = 0.05, 0.8
#: Without a clock: as planned before a study.
_SECONDS = Labour().seconds
_RATERS = 20
_MOST = 1_000_000


class PlanForm(forms.Form):
    """Empty goals are not planned; other empty fields have defaults."""

    half_width = forms.FloatField(
        label=_("Half-width of each image’s 95 %% interval, points") % (),
        required=False,
        min_value=0.001,
    )
    difference = forms.FloatField(
        label=_("Difference of two generators’ means, points"), required=False, min_value=0.001
    )
    srcc_difference = forms.FloatField(
        label=_("Difference of two models’ SRCC"), required=False, min_value=0.001, max_value=0.5
    )
