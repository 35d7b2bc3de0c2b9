"""The form by which practice and gold images are chosen, on the pages about images."""

import math

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

from ..models import Study
from ..studies.selectors import find_study
from .listing import Listing
from .purposes import PurposeError, set_purpose

#: Digits of a key; longer ones are no image's.
_DIGITS = 18


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
    else:
        text = ngettext("%(n)d image was changed.", "%(n)d images were changed.", changed)
        messages.success(request, text % {"n": changed})
    # The query is read, so that nothing else gets into the address.
    query = Listing.read(QueryDict(request.POST.get("query", "")[:2000]).dict(), study).address()
    if len(stimuli) == 1 and request.POST.get("from") == "image":
        return redirect(f"{reverse('study-stimulus', args=[study.slug, stimuli[0]])}?{query}")
    return redirect(f"{reverse('study-stimuli', args=[study.slug])}?{query}")


def _key(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise BadRequest("image")
    return int(text)


def _scores(study: Study, given: QueryDict) -> dict[str, float]:
    """The fields that are filled in. Raises PurposeError for one that holds no number."""
    found = {}
    for item in study.perspective_settings:
        text = given.get(f"score_{item.key}", "").strip().replace(",", ".")
        if not text:
            continue
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise PurposeError(
                _("%(key)s: “%(text)s” is not a number.") % {"key": item.key, "text": text[:40]}
            )
        found[item.key] = number
    return found
