"""Two tabs, or two raters, in one browser."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Rater, Study
from annotation.raters.access import rater_link
from tests import factories
from tests.e2e.rating_page import arrived, press, rate, shows, submitted, waiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_second_tab_says_so_and_can_take_over(
    rating: Page, context: BrowserContext, live_server: LiveServer, rater: Rater
) -> None:
    rate(rating)
    shows(rating, 2)
    press(rating, "5")
    second = context.new_page()
    second.goto(live_server.url + rater_link(rater))
    panel = "This study is open in another tab"
    expect(second.get_by_role("dialog", name=panel)).to_be_visible()
    expect(rating.get_by_role("dialog")).to_have_count(0)
    second.keyboard.press("Escape")
    second.keyboard.press("Escape")
    expect(second.get_by_role("dialog", name=panel)).to_be_visible()
    second.get_by_role("button", name="Use this tab").click()
    shows(second, 2)
    expect(second.locator('[name="score-quality"][value="5"]')).to_be_checked()
    expect(rating.get_by_role("dialog", name=panel)).to_be_visible()
    rate(second)
    shows(second, 3)
    arrived(second)
    # And back; the tab that rates stays the one after a reload.
    rating.get_by_role("button", name="Use this tab").click()
    shows(rating, 3)
    expect(second.get_by_role("dialog", name=panel)).to_be_visible()
    rating.reload()
    shows(rating, 3)
    assert len(submitted()) == 2


def test_without_locks_the_newest_tab_is_the_one(
    rating: Page, context: BrowserContext, live_server: LiveServer, rater: Rater
) -> None:
    # As on a lab's own network without encryption: browsers have no locks there.
    context.add_init_script("delete Navigator.prototype.locks")
    rating.reload()
    shows(rating, 1)
    second = context.new_page()
    second.goto(live_server.url + rater_link(rater))
    shows(second, 1)
    panel = rating.get_by_role("dialog", name="This study is open in another tab")
    expect(panel).to_be_visible()
    panel.get_by_role("button", name="Use this tab").click()
    shows(rating, 1)
    expect(second.get_by_role("dialog")).to_be_visible()


def test_two_links_in_one_browser_do_not_mix(
    rating: Page, context: BrowserContext, live_server: LiveServer, study: Study
) -> None:
    rating.route("**/api/v1/rating/**", lambda route: route.abort())
    rate(rating)
    expect(waiting(rating)).to_have_text("1 rating waiting")
    other = context.new_page()
    factories.make_session(rater := factories.make_rater(study))
    other.goto(live_server.url + rater_link(rater))
    shows(other, 1)
    expect(other.get_by_role("dialog")).to_have_count(0)
    rate(other, "1 1 1 Enter")
    arrived(other)
    assert {trial.rater.pk for trial in submitted()} == {rater.pk}
