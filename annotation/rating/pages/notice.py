"""A page instead of the rating page: what is in the way, and what the rater can do."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from ...raters.errors import (
    LinkError,
    LinkReplacedError,
    ParticipantMissingError,
    RaterExcludedError,
    RatingError,
    StudyFullError,
)
from ...raters.leaving import Leaving


@dataclass(frozen=True)
class Notice:
    """A page instead of the rating page: what is in the way, and what the rater can do."""

    status: int
    title: str
    text: str
    advice: str = ""


def notice_page(
    request: HttpRequest, error: RatingError, leaving: Leaving | None = None
) -> HttpResponse:
    """The notice, with the way back to the platform that sent the reader, if one did."""
    notice = notice_of(error)
    context = {"notice": notice, "leaving": leaving}
    return render(request, "rating/notice.html", context, status=notice.status)


def notice_of(error: RatingError) -> Notice:
    """The page for a reason why a rater cannot rate at all."""
    if isinstance(error, LinkReplacedError):
        return Notice(
            404,
            _("This link has been replaced"),
            _("There is a newer link. What you have rated so far is kept."),
            _("Ask the person who invited you for the new link."),
        )
    if isinstance(error, LinkError):
        return Notice(
            404,
            _("This link does not work"),
            _("It may be incomplete."),
            _("Check that you copied all of it, or ask the person who invited you for a new link."),
        )
    if isinstance(error, RaterExcludedError):
        return Notice(
            403,
            _("This link has been closed"),
            _("The study’s owner has ended your part in it. Your ratings are kept."),
            _("If you think this is a mistake, write to the person who invited you."),
        )
    if isinstance(error, ParticipantMissingError):
        return Notice(
            403,
            _("Open this study from its platform"),
            _("The address does not say who you are on the platform that sent you."),
            _("Accept the study there first, and then use the link that it shows you."),
        )
    if isinstance(error, StudyFullError):
        return Notice(
            200,
            _("Everything is rated"),
            _("There are no more images for you to rate in this study. Thank you for coming."),
            _("More images may be added later; this link will still work then."),
        )
    return _closed_notice(error)


def _closed_notice(error: RatingError) -> Notice:
    return {
        "shared_link_closed": Notice(
            403,
            _("This invitation has ended"),
            _(
                "The study’s owner has closed it. If you have already joined, keep using your own "
                "link."
            ),
        ),
        "shared_link_full": Notice(
            200,
            _("Enough people have joined"),
            _("This study has as many raters as it wanted. Thank you for coming!"),
            _("If you have already joined, keep using the link that you were given then."),
        ),
        "shared_link_busy": Notice(
            429,
            _("One moment, please"),
            _("Many people are joining at once."),
            _("Wait a minute, and open the link again."),
        ),
        "study_draft": Notice(
            200,
            _("Not open yet"),
            _("This study is still being prepared."),
            _("Please come back later with the same link."),
        ),
        "study_daily_limit": Notice(
            200,
            _("Enough for today"),
            _("You have rated as many images as this study takes from one person per day."),
            _("Thank you! Please come back tomorrow with the same link."),
        ),
        "study_paused": Notice(
            200,
            _("A short pause"),
            _("This study is paused at the moment. All your ratings are kept."),
            _("Please come back later with the same link; you will continue where you left off."),
        ),
    }.get(
        error.code,
        Notice(
            200,
            _("This study is closed"),
            _("No more ratings are collected. All your ratings are kept. Thank you!"),
        ),
    )
