"""Pages by a row's place in the order of a list."""

from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from django.db.models import Case, F, QuerySet, When
from django.utils import timezone

from annotation.models import Rater, Stimulus, Study
from tests.factories import make_stimuli, make_study
from workbench.accounts.models import User
from workbench.core.keyset import Place, read_page

pytestmark = pytest.mark.django_db


def forward(rows: QuerySet[Any], limit: int) -> list[list[int]]:
    pages, place = [], None
    while True:
        page = read_page(rows, limit, place)
        pages.append([row.pk for row in page.rows])
        if page.next is None:
            return pages
        place = page.next


def backward(rows: QuerySet[Any], limit: int) -> list[list[int]]:
    """From the last page to the first."""
    page: Any = read_page(rows, limit)
    while page.next is not None:
        page = read_page(rows, limit, page.next)
    pages = [[row.pk for row in page.rows]]
    while page.previous is not None:
        page = read_page(rows, limit, page.previous)
        pages.append([row.pk for row in page.rows])
    return pages


@pytest.fixture
def raters(study: Study) -> QuerySet[Rater]:
    """Equal and missing values among them: `erased_at` is null for three."""
    now = timezone.now()
    erased = [now, None, now - timedelta(microseconds=1), None, now, None, now]
    for when in erased:
        Rater.objects.create(study=study, erased_at=when)
    return Rater.objects.filter(study=study)


ORDERS: dict[str, tuple[Any, ...]] = {
    "key": ("pk",),
    "backwards": ("-pk",),
    "nulls last": ("erased_at",),
    "nulls first": ("-erased_at",),
    "nulls last, downwards": (F("erased_at").desc(nulls_last=True),),
    "nulls first, upwards": (F("erased_at").asc(nulls_first=True), "-pk"),
    "an expression": (Case(When(erased_at=None, then=1), default=0), "erased_at", "-pk"),
    "ties": ("status", "-created_at"),
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS.keys())
def test_pages_are_the_list_in_parts(raters: QuerySet[Rater], order: tuple[Any, ...]) -> None:
    """The whole list as PostgreSQL sorts it, the primary key last."""
    rows = raters.order_by(*order)
    whole = list(raters.order_by(*order, "pk").values_list("pk", flat=True))
    for limit in (1, 2, 3, 7, 8):
        assert list(chain(*forward(rows, limit))) == whole
        assert list(chain(*reversed(backward(rows, limit)))) == whole


def test_a_page_is_full_except_for_the_last(raters: QuerySet[Rater]) -> None:
    assert [len(page) for page in forward(raters.order_by("pk"), 3)] == [3, 3, 1]
    assert [len(page) for page in backward(raters.order_by("pk"), 3)] == [1, 3, 3]


def test_what_comes_and_goes_moves_no_other_row(study: Study) -> None:
    rows = Stimulus.objects.order_by("priority", "pk")
    first, second, third, last = make_stimuli(study, range(4))
    for number, item in enumerate((first, second, third, last)):
        Stimulus.objects.filter(pk=item.pk).update(priority=number)
    page = read_page(rows, 2)
    Stimulus.objects.filter(pk=first.pk).update(priority=9)
    make_stimuli(study, [8], priority=-1)
    assert [row.pk for row in read_page(rows, 1, page.next).rows] == [third.pk]


def test_rows_without_an_order_have_that_of_their_model(owner: User, study: Study) -> None:
    newer = make_study(owner, "newer")
    assert forward(Study.objects.all(), 1) == [[newer.pk], [study.pk]]


def test_a_place_behind_the_last_row_is_empty(raters: QuerySet[Rater]) -> None:
    place = Place([2**62])
    page = read_page(raters.order_by("pk"), 3, place)
    assert (page.rows, page.next, page.previous) == ([], None, None)


def test_a_page_reads_no_more_rows_than_it_has(
    raters: QuerySet[Rater], django_assert_num_queries: Any
) -> None:
    """And one, by which it knows that there are more."""
    place = Place([raters.order_by("pk")[0].pk])
    with django_assert_num_queries(1) as told:
        read_page(raters.order_by("pk"), 3, place)
    assert "LIMIT 4" in told[0]["sql"]
    assert "OFFSET" not in told[0]["sql"]
