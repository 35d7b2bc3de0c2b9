"""The rating page where the line is slow: it comes in pieces, and images take long."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Rater
from tests.e2e.rating_page import rate, shows
from tests.factories import make_session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def on_a_line_of(page: Page, bytes_per_second: int) -> None:
    """-1: as fast as the machine allows."""
    line: dict[str, Any] = {"offline": False, "latency": 0, "uploadThroughput": -1}
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send(
        "Network.emulateNetworkConditions", {**line, "downloadThroughput": bytes_per_second}
    )


def test_a_session_that_goes_on_has_every_question_whole(
    open_page: Callable[[], Page], rater: Rater
) -> None:
    """Chromium gave the end of the page no boxes: the last question had no levels to press."""
    make_session(rater)
    page = open_page()
    shows(page, 1)
    on_a_line_of(page, 20_000)
    page.reload(wait_until="commit")
    page.locator("#settings").wait_for(state="attached")  # the page's end
    on_a_line_of(page, -1)
    shows(page, 1)
    for level in page.locator(".level:nth-child(4)").all():
        expect(level).to_be_visible()
    rate(page)
    shows(page, 2)
