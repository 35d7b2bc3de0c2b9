"""The owner's pages about raters: activity, reliability, links, exclusion."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from workbench.accounts.signed_in import signed_in
from workbench.core.downloads import csv_download
from workbench.core.errors import MintError

from ...models import Rater, RaterIdentity
from ...models.stimulus import SPLITS
from ...opinion.coverage import Coverage, coverage_of
from ...opinion.reliability.selectors import reliability_of
from ...studies.counting import counting_trials
from ...studies.pages.charts import bars
from ...studies.selectors import find_study
from ..access import rater_link
from ..attention import flagged_raters
from ..history import people_for
from ..inbox import new_reports, reports_of
from ..messages import TEXT_LIMIT, mark_reports_read, write_to_raters
from ..monitor import Live, live_sessions
from ..services import record_download, replace_link, set_rater_status
from ..stopping import let_continue
from .flags import flag_words, perspective_labels
from .table import SHOWN, Query, Row, all_rows, chosen_rows

_COLUMNS = (
    "code",
    "link",
    "status",
    "ratings",
    "agreement",
    "retest",
    "gold",
    "seconds",
    "away",
    "attention_missed",
    "flags",
)
_PER_PAGE = 50
#: At most so many of those in session are listed; the table's filter shows all.
_LIVE_SHOWN = 8
#: An image with more ratings than that, and than images want on average, is counted with those
#: that have so many.
_MOST_RATINGS = 20


@login_required
@require_safe
def rater_list(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    # Measures compare everybody with everybody: they are computed together and shared
    # (`reliability_of`); a row only looks its own up.
    live, query = live_sessions(study), Query.read(request.GET.dict())
    people = people_for(signed_in(request), study)
    standings = reliability_of(study)
    rows = all_rows(study, standings, live, people)
    page = Paginator(chosen_rows(rows, query), _PER_PAGE).get_page(request.GET.get("page"))
    labels = perspective_labels(study)
    context = {
        "study": study,
        "tab": "raters",
        "part": "list",
        "page": page,
        "rows": [
            (row, _absolute_link(request, row.rater), flag_words(row.standing.flags, labels))
            for row in page
        ],
        "totals": {
            "raters": len(rows),
            "ratings": counting_trials(study).count(),
            "flagged": len(
                flagged_raters(standings, [row.rater.pk for row in rows if row.excluded])
            ),
            "excluded": sum(row.excluded for row in rows),
        },
        "query": query,
        "names": bool(people),
        "shown": SHOWN,
        "text_limit": TEXT_LIMIT,
        "new_reports": new_reports(study),
        **_live_context(live, people),
    }
    return render(request, "annotation/raters.html", context)


@login_required
@require_safe
def rater_live(request: HttpRequest, slug: str) -> HttpResponse:
    """The raters in session now: the part of the page that refreshes itself."""
    study = find_study(request.user, slug, "annotation.change_study")
    people = people_for(signed_in(request), study)
    context = {"study": study, **_live_context(live_sessions(study), people)}
    return render(request, "annotation/_raters_live.html", context)


@login_required
@require_safe
def rater_coverage(request: HttpRequest, slug: str) -> HttpResponse:
    """How many images have how many ratings: the part of the page that reads every answer."""
    study = find_study(request.user, slug, "annotation.change_study")
    pictures = [_coverage_picture(item) for item in coverage_of(study)]
    context = {"study": study, "coverage": pictures}
    return render(request, "annotation/_raters_coverage.html", context)


@login_required
@require_safe
def rater_csv(request: HttpRequest, slug: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    record_download(study=study, actor=signed_in(request), what="raters", names=False)
    rows = all_rows(study, reliability_of(study), Live([]), {})
    return csv_download(
        request, f"{study.slug}-raters", _COLUMNS, (_cells(request, row) for row in rows)
    )


def _cells(request: HttpRequest, row: Row) -> list[Any]:
    standing = row.standing
    measures = (
        standing.agreement,
        standing.retest,
        standing.gold_share,
        standing.median_seconds,
        standing.away_share,
    )
    return [
        row.rater.code,
        _absolute_link(request, row.rater),
        row.rater.status,
        standing.ratings,
        *("" if value is None else float(f"{value:.4g}") for value in measures),
        standing.attention.failed if standing.attention.n else "",
        " ".join(dict.fromkeys(flag.rule for flag in standing.flags)),
    ]


@login_required
@require_POST
def rater_status(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    study = find_study(request.user, slug, "annotation.change_study")
    rater = get_object_or_404(Rater, study=study, code=code)
    status, reason = request.POST.get("status", ""), request.POST.get("reason", "").strip()
    try:
        set_rater_status(rater=rater, actor=signed_in(request), status=status, reason=reason)
    except MintError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Saved."))
    if request.POST.get("from") == "rater":
        return redirect("study-rater", study.slug, rater.code)
    # Back to the same rows: the table's own query, parsed so that nothing else gets in.
    query = Query.read(request.POST.dict())
    return redirect(f"{reverse('study-raters', args=[study.slug])}?{query.address()}")


@login_required
@require_POST
def rater_go_on(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Lets a rater that the study's rules have stopped begin another session."""
    study = find_study(request.user, slug, "annotation.change_study")
    rater = get_object_or_404(Rater, study=study, code=code)
    try:
        let_continue(rater=rater, actor=signed_in(request))
    except MintError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Saved."))
    return redirect("study-rater", study.slug, rater.code)


@login_required
@require_POST
def rater_link_new(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Replaces a rater's personal link."""
    study = find_study(request.user, slug, "annotation.change_study")
    rater = get_object_or_404(Rater, study=study, code=code)
    try:
        replace_link(rater=rater, actor=signed_in(request))
    except MintError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The old link no longer works. Send the rater the new one."))
    return redirect("study-rater", study.slug, rater.code)


@login_required
@require_POST
def rater_message(request: HttpRequest, slug: str, code: str = "") -> HttpResponse:
    """A message to one rater, or (without a code) to all who are not excluded."""
    study = find_study(request.user, slug, "annotation.change_study")
    raters = Rater.objects.filter(study=study, erased_at=None, source="")
    if code:
        to = [get_object_or_404(raters, code=code)]
    else:
        to = list(raters.filter(status=Rater.Status.ACTIVE))
    text = request.POST.get("text", "")
    try:
        sent = write_to_raters(study=study, raters=to, actor=signed_in(request), text=text)
    except MintError as error:
        messages.error(request, error.message)
    else:
        message = ngettext(
            "Sent; %(n)d rater will see it on their page.",
            "Sent; %(n)d raters will see it on their page.",
            sent,
        )
        messages.success(request, message % {"n": sent})
    return redirect("study-rater", study.slug, code) if code else redirect("study-raters", slug)


@login_required
@require_safe
def report_list(request: HttpRequest, slug: str) -> HttpResponse:
    """What raters reported; opening the page marks it as read."""
    study = find_study(request.user, slug, "annotation.change_study")
    reports = list(reports_of(study))
    mark_reports_read(study=study)
    context = {"study": study, "tab": "raters", "part": "reports", "reports": reports}
    return render(request, "annotation/reports.html", context)


def _absolute_link(request: HttpRequest, rater: Rater) -> str:
    """Empty for a rater as whom nobody comes back."""
    return request.build_absolute_uri(rater_link(rater)) if rater.comes_back else ""


def _live_context(live: Live, people: Mapping[int, RaterIdentity]) -> dict[str, Any]:
    return {
        "live": live,
        "in_session": [(item, people.get(item.rater)) for item in live.sessions[:_LIVE_SHOWN]],
        "more_in_session": max(len(live.sessions) - _LIVE_SHOWN, 0),
    }


def _coverage_picture(coverage: Coverage) -> dict[str, Any]:
    """A bar per number of ratings."""
    images = list(coverage.images)
    names = [str(number) for number in range(len(images))]
    most = max(_MOST_RATINGS, -(-coverage.wanted // max(coverage.total, 1)))
    if len(images) > most + 1:
        images[most:] = [sum(images[most:])]
        names = [*names[:most], f"{most}+"]
    drawn = bars(images, [_("%(n)s ratings, images") % {"n": name} for name in names], names)
    return {
        "chart": drawn.titled(
            str(dict(SPLITS)[coverage.split]),
            x=_("Ratings that count"),
            y=_("Images"),
            nothing=_("No images yet."),
        ),
        "numbers": coverage,
    }
