"""The same link on a second device, whose browser knows nothing of the first."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Rater, RatingSession
from annotation.raters.access import rater_link
from tests.e2e.conftest import leave
from tests.e2e.rating_page import arrived, press, scores_of, shows, submitted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def tablet(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, rater: Rater
) -> Iterator[Callable[[], Page]]:
    """Opens the rater's link on a tablet."""
    page = new_context(viewport={"width": 1024, "height": 768}, has_touch=True).new_page()

    def visit() -> Page:
        page.goto(live_server.url + rater_link(rater))
        return page

    yield visit
    leave(page)


def test_the_session_continues_where_it_was(rating: Page, tablet: Callable[[], Page]) -> None:
    press(rating, "4 2 3 Enter")
    shows(rating, 2)
    arrived(rating)
    prompt = rating.locator("#prompt").inner_text()
    second = shows(tablet(), 2)
    expect(second.locator("#prompt")).to_have_text(prompt)
    press(second, "1 1 1 Enter")
    shows(second, 3)
    arrived(second)
    first = {"quality": 4, "authenticity": 2, "correspondence": 3}
    assert [scores_of(trial) for trial in submitted()] == [first, dict.fromkeys(first, 1)]
    assert RatingSession.objects.count() == 1


def test_an_image_that_was_rated_on_both_counts_once_and_the_first_device_says_so(
    rating: Page, tablet: Callable[[], Page]
) -> None:
    second = shows(tablet(), 1)
    press(second, "1 1 1 Enter")
    shows(second, 2)
    arrived(second)
    press(rating, "5 5 5 Enter")
    expect(rating.locator("#toast")).to_contain_text("on another device; that rating counts")
    shows(rating, 2)
    expect(rating.locator("#prompt")).to_have_text(second.locator("#prompt").inner_text())
    assert [list(scores_of(trial).values()) for trial in submitted()] == [[1, 1, 1]]
