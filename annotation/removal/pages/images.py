"""Forms of an image's page that take it out of use, put it back, or replace it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError
from workbench.core.room import takes

from ...models import Stimulus
from ...stimuli.importing.sources import MAX_FILE_BYTES
from ...studies.selectors import find_study
from ..images import set_image_state
from ..replacing import replace_image


@login_required
@require_POST
def image_state(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    stimulus = _find(request, slug, pk)
    state, reason = request.POST.get("state", ""), request.POST.get("reason", "")
    try:
        set_image_state(stimulus=stimulus, actor=signed_in(request), state=state, reason=reason)
    except MintError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Saved."))
    return _page(request, slug, pk)


@takes(MAX_FILE_BYTES)
@login_required
@require_POST
def image_replace(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """On to the page of the image that is in its place now."""
    stimulus, upload = _find(request, slug, pk), request.FILES.get("image")
    if upload is None:
        messages.error(request, _("Choose the file that is to take its place."))
        return _page(request, slug, pk)
    reason = request.POST.get("reason", "")
    try:
        new = replace_image(
            stimulus=stimulus, data=upload.read(), actor=signed_in(request), reason=reason
        )
    except MintError as error:
        messages.error(request, error.message)
        return _page(request, slug, pk)
    messages.success(request, _("Replaced. This is the image in its place."))
    return _page(request, slug, new.pk)


def _page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The image's page, from where the list goes on that led there."""
    address, query = reverse("study-stimulus", args=[slug, pk]), request.GET.urlencode()
    return redirect(f"{address}?{query}" if query else address)


def _find(request: HttpRequest, slug: str, pk: int) -> Stimulus:
    study = find_study(request.user, slug, "annotation.change_study")
    return get_object_or_404(Stimulus, study=study, pk=pk)
