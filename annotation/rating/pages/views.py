"""The rating page: one address per rater, which always shows where that rater is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ...protocol.recruitment import Outcome
from ...raters.access import Access, find_access, rater_access, read_token
from ...raters.errors import (
    DailyLimitError,
    LinkError,
    RaterExcludedError,
    StudyFullError,
    StudyNotOpenError,
)
from ...raters.leaving import Leaving, leaving_of
from ..blocks import day_is_full
from ..claims import require_open_study
from ..facts import images_remain
from .notice import notice_page
from .page import Stage, page_context, stage_of


@never_cache
@require_safe
def rate(request: HttpRequest, token: str) -> HttpResponse:
    """Consent, instructions, rating or thanks; or what is in the way, and what to do about it."""
    try:
        access = rater_access(token)
    except RaterExcludedError as error:
        return notice_page(request, error, _excluded_leaving(token))
    except LinkError as error:
        return notice_page(request, error)
    try:
        require_open_study(access)
    except StudyNotOpenError as error:
        return notice_page(request, error, _earned_leaving(access))
    stage = stage_of(access)
    stopped = stage in (Stage.STOPPED, Stage.SCREENED_OUT)
    if access.session is None and not stopped and day_is_full(access):
        return notice_page(request, DailyLimitError(), _earned_leaving(access))
    remain = access.session is not None or (not stopped and images_remain(access))
    if stage is Stage.CONSENT and not remain:
        return notice_page(request, StudyFullError(), leaving_of(access.rater_id, Outcome.FULL))
    context = page_context(access=access, protocol=access.protocol, stage=stage, token=token)
    own_link = request.build_absolute_uri(request.path)
    return render(request, "rating/page.html", {**context, "remain": remain, "own_link": own_link})


def _earned_leaving(access: Access) -> Leaving | None:
    """The way back of somebody who can only wait: with what they earned, or not at all."""
    return leaving_of(access.rater_id, None) if access.session is None else None


def _excluded_leaving(token: str) -> Leaving | None:
    access = find_access(read_token(token)[0])
    return leaving_of(access.rater_id, Outcome.SCREENED_OUT) if access else None
