"""The form by which practice and gold images are chosen, on the pages about images."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError

from ..models import Stimulus, Study
from ..protocol.perspectives import PerspectiveSettings
from ..studies.selectors import find_study
from .listing import Listing
from .purposes import PurposeError, set_purpose

#: Digits of a key; longer ones are no image's.
_DIGITS = 18
#: Of what was typed, so much is said again.
_LONGEST = 40
#: Ticks that an address keeps: more than a page shows.
_MOST_KEPT = 100


@dataclass(frozen=True)
class PurposeForm:
    """What the form is filled in with: what a step of the set-up asks for, or what was refused."""

    #: Empty if nothing is asked for.
    purpose: str
    #: The images that are ticked.
    images: frozenset[int]
    scores: list[tuple[PerspectiveSettings, str]]


@login_required
@require_POST
def stimuli_purpose(request: HttpRequest, slug: str) -> HttpResponse:
    """Makes the chosen images main, practice or gold ones, then goes back to where it was asked."""
    study = find_study(request.user, slug, "annotation.change_study")
    stimuli = [_key(text) for text in request.POST.getlist("image")]
    try:
        changed = set_purpose(
            study=study,
            actor=signed_in(request),
            stimuli=stimuli,
            purpose=request.POST.get("purpose", ""),
            scores=_scores(study, request.POST),
        )
    except MintError as error:
        messages.error(request, error.message)
        kept = _kept(study, request.POST, stimuli)
    else:
        kept = {}
        text = ngettext("%(n)d image was changed.", "%(n)d images were changed.", changed)
        messages.success(request, text % {"n": changed})
    # The query is read, so that nothing else gets into the address.
    listing = Listing.read(QueryDict(request.POST.get("query", "")[:2000]).dict(), study)
    if len(stimuli) == 1 and request.POST.get("from") == "image":
        page = reverse("study-stimulus", args=[study.slug, stimuli[0]])
    else:
        page = reverse("study-stimuli", args=[study.slug])
        kept["page"] = request.POST.get("page", "")[:_DIGITS]
    return redirect(f"{page}?{listing.address(**kept)}")


def purpose_form(request: HttpRequest, asked: Sequence[PerspectiveSettings]) -> PurposeForm:
    """As the address fills it in."""
    use = request.GET.get("use", "")
    return PurposeForm(
        use if use in Stimulus.Purpose.values else "",
        frozenset(int(text) for text in request.GET.getlist("image") if _is_key(text)),
        [(item, request.GET.get(_field(item), "")[:_LONGEST]) for item in asked],
    )


def _kept(
    study: Study, given: QueryDict, stimuli: Sequence[int]
) -> dict[str, str | int | Sequence[int]]:
    """What was refused, for the address that goes back: nobody ticks and types it again."""
    scores = {_field(item): given.get(_field(item), "") for item in study.perspective_settings}
    return {
        "use": given.get("purpose", "")[:_LONGEST],
        "image": stimuli[:_MOST_KEPT],
        **{name: text[:_LONGEST] for name, text in scores.items()},
    }


def _field(item: PerspectiveSettings) -> str:
    return f"score_{item.key}"


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


def _key(text: str) -> int:
    if not _is_key(text):
        raise BadRequest("image")
    return int(text)


def _scores(study: Study, given: QueryDict) -> dict[str, float]:
    """The fields that are filled in. Raises PurposeError for one that holds no number."""
    found = {}
    for item in study.perspective_settings:
        text = given.get(_field(item), "").strip().replace(",", ".")
        if not text:
            continue
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise PurposeError(
                _("%(key)s: “%(text)s” is not a number.")
                % {"key": item.key, "text": text[:_LONGEST]}
            )
        found[item.key] = number
    return found
