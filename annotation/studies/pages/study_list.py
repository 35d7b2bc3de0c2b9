"""The list of studies: searched, filtered, sorted, a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F, OrderBy, Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from ...models import Study
from ..counts import listed_counts
from ..selectors import (
    listed_studies,
    thumbnails_by_study,
    with_last_activity,
)

_PER_PAGE = 25
SORTS: dict[str, tuple[str | Promise, tuple[OrderBy, ...]]] = {
    "activity": (_("Last activity"), (F("last_activity").desc(nulls_last=True), F("pk").desc())),
    "newest": (_("Newest"), (F("created_at").desc(), F("pk").desc())),
    "name": (_("Name"), (Lower("title").asc(), F("pk").asc())),
}
_DEFAULT_SORT = "activity"


@dataclass(frozen=True)
class Query:
    """What an address asks for; anything unknown in it is ignored."""

    search: str = ""
    status: str = ""
    sort: str = _DEFAULT_SORT

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Query":
        sort, status = given.get("sort", ""), given.get("status", "")
        return cls(
            search=given.get("search", "").strip()[:200],
            status=status if status in Study.Status.values else "",
            sort=sort if sort in SORTS else _DEFAULT_SORT,
        )

    def address(self) -> str:
        values = {"search": self.search, "status": self.status, "sort": self.sort}
        return urlencode({name: value for name, value in values.items() if value})

    @property
    def narrows(self) -> bool:
        return bool(self.search or self.status)

    def of(self, studies: QuerySet[Study]) -> QuerySet[Study]:
        if self.search:
            words = Q(title__icontains=self.search) | Q(slug__icontains=self.search)
            studies = studies.filter(words)
        if self.status:
            studies = studies.filter(status=self.status)
        return with_last_activity(studies).order_by(*SORTS[self.sort][1])


@login_required
@require_safe
def study_list(request: HttpRequest) -> HttpResponse:
    query = Query.read(request.GET.dict())
    listed = listed_studies(request.user, archived=query.status == Study.Status.ARCHIVED)
    found = query.of(listed).prefetch_related("memberships__user")
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    studies = list(page)
    counts, pictures = listed_counts(studies), thumbnails_by_study(studies)
    context = {
        "section": "studies",
        "page": page,
        "asked": query,
        "query": query.address(),
        "sorts": [(name, label) for name, (label, _order) in SORTS.items()],
        "statuses": Study.Status.choices,
        "away": listed_studies(request.user, archived=True).count(),
        "studies": [(study, counts[study.pk], pictures.get(study.pk, [])) for study in studies],
    }
    return render(request, "annotation/studies.html", context)
