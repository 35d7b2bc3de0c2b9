"""The checks of screen and eyes before a session: what the page asks, and the plates it shows."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from ...protocol.plates import DIGITS, PLATES, svg_of
from ...protocol.viewing import GREY_STEPS, Acuity, ViewingChecks


def checks_context(viewing: ViewingChecks) -> dict[str, Any]:
    """What `rating/_checks.html` shows."""
    return {
        "viewing": viewing,
        "acuities": acuities(),
        "greys": [
            ("dark", _("How many squares do you see in the black bar?")),
            ("light", _("How many squares do you see in the white bar?")),
        ],
        "grey_steps": range(1, GREY_STEPS + 1),
        "grey_counts": range(GREY_STEPS + 1),
        "plates": [reverse("rating-plate", args=[place]) for place in range(len(PLATES))],
        "plate_digits": DIGITS,
    }


def acuities() -> list[tuple[str, str]]:
    return [
        (Acuity.NORMAL, _("Well, without glasses or lenses")),
        (Acuity.CORRECTED, _("Well, with the glasses or lenses that I am wearing")),
        (Acuity.POOR, _("Not well")),
    ]


@cache_control(public=True, max_age=24 * 3600)
@require_safe
def plate(request: HttpRequest, place: int) -> HttpResponse:
    """One of the colour plates, as SVG; the same for everybody."""
    if place >= len(PLATES):
        raise Http404
    return HttpResponse(svg_of(PLATES[place]), content_type="image/svg+xml")
