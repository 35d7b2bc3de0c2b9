"""The page behind a shared link: takes a visitor's wish to take part, and leads to their own page.

A GET makes nobody: messengers fetch the links that they show. A cookie of this page alone, with
what the personal link says anyway, knows a visitor again (docs/decisions/013). Where a platform
sends people with an id, the id knows them and the cookie does not: many may share a browser.
"""

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ...models import Rater, SharedLink, Study
from ...protocol.recruitment import Outcome
from ...raters.access import link_token, rater_link, read_token
from ...raters.errors import LinkError, LinkReplacedError, RatingError, StudyFullError
from ...raters.invitations import (
    SharedLinkFullError,
    join,
    known_participant,
    new_entry,
    require_joinable,
    shared_link_from_token,
)
from ...raters.leaving import visitor_leaving
from ...studies.texts import StudyTexts
from ..facts import images_for_anybody
from .notice import notice_page

_COOKIE_SECONDS = 180 * 24 * 3600


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join_study(request: HttpRequest, token: str) -> HttpResponse:
    """The invitation; after joining, the rater's own page; or why nobody can join now."""
    try:
        link = shared_link_from_token(token)
    except RatingError as error:
        return notice_page(request, error)
    values = link.platform.read(query_of(request))
    try:
        return _answer(request, link, values)
    except (SharedLinkFullError, StudyFullError) as error:
        return notice_page(request, error, visitor_leaving(link.platform, Outcome.FULL, values))
    except RatingError as error:
        # They may come back with the same link: a platform would close what only has to wait.
        return notice_page(request, error)


def _answer(request: HttpRequest, link: SharedLink, values: Mapping[str, str]) -> HttpResponse:
    if request.method == "POST" and link.platform.named:
        # The entry says who it is for; the page that sent it has no other address.
        rater = join(link=link, entry=request.POST.get("entry", ""), has_room=images_for_anybody)
        return redirect(rater_link(rater))
    known = known_participant(link, values) if link.platform.named else _known_rater(request, link)
    if known:
        return redirect(rater_link(known))
    if request.method == "POST":
        rater = join(link=link, entry=request.POST.get("entry", ""), has_room=images_for_anybody)
        response = redirect(rater_link(rater))
        _remember(response, rater)
        return response
    require_joinable(link, has_room=images_for_anybody)
    context = {
        "title": _title(link.study),
        "entry": new_entry(link, values),
        "platform": link.platform.named,
    }
    return render(request, "annotation/join.html", context)


def query_of(request: HttpRequest) -> list[tuple[str, str]]:
    """Names and values of the address, in order."""
    return [(name, value) for name, values in request.GET.lists() for value in values]


def _title(study: Study) -> str:
    return StudyTexts(study.translations).word(study.title)


def _known_rater(request: HttpRequest, link: SharedLink) -> Rater | None:
    """The rater that this browser joined as.

    Raises LinkReplacedError if that rater's link was replaced: the study's owner has the new one,
    and a browser with the old one does not become a second rater either.
    """
    value = request.COOKIES.get(_cookie_name(link.study_id))
    if not value:
        return None
    try:
        code, version = read_token(value)
    except LinkError:
        return None
    rater = Rater.objects.select_related("study").filter(study=link.study_id, code=code).first()
    if rater is not None and rater.link_version != version:
        raise LinkReplacedError
    return rater


def _remember(response: HttpResponse, rater: Rater) -> None:
    response.set_cookie(
        _cookie_name(rater.study_id),
        link_token(rater),
        max_age=_COOKIE_SECONDS,
        path=reverse("join", args=["-"]).removesuffix("-/"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _cookie_name(study_id: int) -> str:
    return f"mint-rater-{study_id}"
