"""The rating page: one address per rater, which always shows where that rater is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ...raters.access import rater_access
from ...raters.errors import (
    DailyLimitError,
    LinkError,
    RaterExcludedError,
    RatingError,
    StudyFullError,
    StudyNotOpenError,
)
from ..blocks import day_is_full
from ..claims import require_open_study
from ..facts import images_remain
from .page import Stage, notice_of, page_context, stage_of


@never_cache
@require_safe
def rate(request: HttpRequest, token: str) -> HttpResponse:
    """Consent, instructions, rating or thanks; or what is in the way, and what to do about it."""
    try:
        access = rater_access(token)
        require_open_study(access)
    except (LinkError, RaterExcludedError, StudyNotOpenError) as error:
        return _notice(request, error)
    stage = stage_of(access)
    stopped = stage is Stage.STOPPED
    if access.session is None and not stopped and day_is_full(access):
        return _notice(request, DailyLimitError())
    remain = access.session is not None or (not stopped and images_remain(access))
    if stage is Stage.CONSENT and not remain:
        return _notice(request, StudyFullError())
    context = page_context(access=access, protocol=access.protocol, stage=stage, token=token)
    return render(request, "rating/page.html", {**context, "remain": remain})


def _notice(request: HttpRequest, error: RatingError) -> HttpResponse:
    notice = notice_of(error)
    return render(request, "rating/notice.html", {"notice": notice}, status=notice.status)
