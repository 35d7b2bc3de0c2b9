"""The rating page of a small study, opened in a real Chromium that is listened to."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Rater, Stimulus, Study
from annotation.raters.access import rater_link
from tests import factories
from tests.e2e.listening import listen
from tests.e2e.rating_page import shows

#: Milliseconds; a machine of two cores under a whole suite can take more than the usual five
#: seconds to show a first page.
expect.set_options(timeout=20_000)


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Fails the test if a page of any context does what no page should."""
    complaints: list[str] = []
    make = Browser.new_context

    def new_context(browser: Browser, **options: Any) -> BrowserContext:
        context = make(browser, **options)
        listen(context, complaints)
        return context

    monkeypatch.setattr(Browser, "new_context", new_context)
    yield complaints
    assert complaints == []


@pytest.fixture
def images(study: Study) -> list[Stimulus]:
    return factories.make_stimuli(study, 6)


@pytest.fixture
def open_page(
    page: Page, live_server: LiveServer, rater: Rater, images: list[Stimulus]
) -> Iterator[Callable[[], Page]]:
    """Opens the rater's link."""
    page.set_viewport_size({"width": 1366, "height": 768})

    def visit() -> Page:
        page.goto(live_server.url + rater_link(rater))
        return page

    yield visit
    leave(page)


def leave(page: Page) -> None:
    """Closes what the test opened and waits for the server: what a page says when it is left must
    not meet a database that is being emptied."""
    for opened in page.context.pages:
        opened.goto("about:blank")
    busy = "datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
    for _try in range(20):
        time.sleep(0.1)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {busy}")
            if cursor.fetchone() == (0,):
                return


@pytest.fixture
def rating(open_page: Callable[[], Page]) -> Page:
    """The page with the first image on the screen."""
    page = open_page()
    page.get_by_label("I have read this and agree to take part.").check()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Show me the first image").click()
    return shows(page, 1)
