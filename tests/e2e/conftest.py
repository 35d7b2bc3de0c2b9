"""The rating page of a small study, opened in a real Chromium."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from annotation.models import Rater, Stimulus, Study
from annotation.services.raters import rater_link

from .. import factories
from .rating_page import shows


@pytest.fixture
def images(study: Study) -> list[Stimulus]:
    return factories.make_stimuli(study, 6)


@pytest.fixture
def open_page(
    page: Page, live_server: LiveServer, rater: Rater, images: list[Stimulus]
) -> Callable[[], Page]:
    """Opens the rater's link; fails the test where the page complains in its console."""

    def complain(error: Any) -> None:
        raise AssertionError(f"the page raised {error}")

    page.on("pageerror", complain)
    page.set_viewport_size({"width": 1366, "height": 768})

    def visit() -> Page:
        page.goto(live_server.url + rater_link(rater))
        return page

    return visit


@pytest.fixture
def rating(open_page: Callable[[], Page]) -> Page:
    """The page with the first image on the screen."""
    page = open_page()
    page.get_by_label("I have read this and agree to take part.").check()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Show me the first image").click()
    return shows(page, 1)
