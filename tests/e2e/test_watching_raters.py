"""An owner watches raters in a real browser: live parts update, an exclusion takes a few keys."""

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Rater, RaterIdentity, Study
from annotation.protocol.reliability_rules import ReliabilityRules
from tests.annotation.answering import answer, sitting
from tests.e2e.signing_in import sign_in
from tests.factories import make_rater, make_stimuli
from workbench.accounts.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def watched(study: Study) -> Rater:
    """A rater in session, flagged, excluded once, whose name is known."""
    rules = {"too_fast": {"minimum": 3}, "gold": {"effect": "stop"}}
    study.reliability_rules = ReliabilityRules.from_json(rules).to_json()
    study.save()
    rater = make_rater(study, code="WATCHED")
    session = sitting(rater, "rating", client={"viewport": [1366, 768]})
    for stimulus, score in zip(make_stimuli(study, 4), (1, 3, 4, 5), strict=True):
        answer(session, stimulus, score, seconds=0.5)
    RaterIdentity.objects.create(rater=rater, name="Ada Lovelace")
    make_rater(study, status="excluded")
    return rater


@pytest.fixture
def console(page: Page, live_server: LiveServer, owner: User, watched: Rater) -> Page:
    cache.clear()
    sign_in(page, live_server.url, then="/studies/")
    return page


def test_a_new_rater_is_seen_within_seconds(
    console: Page, live_server: LiveServer, study: Study
) -> None:
    console.clock.install()
    console.goto(f"{live_server.url}/studies/demo/raters/")
    live = console.locator("#raters-live")
    expect(live.get_by_role("row")).to_have_count(2)
    newcomer = make_rater(study, code="NEWCOMER")
    sitting(newcomer, "rating", begun_at=timezone.now())
    console.clock.fast_forward(16_000)
    expect(live.get_by_role("link", name="NEWCOMER")).to_be_visible()
    # The table stays as it is: nobody's reason is lost while it is typed.
    expect(console.locator("table.raters").get_by_text("NEWCOMER")).to_have_count(0)


def test_a_rater_is_excluded_and_included_again_by_keyboard(
    console: Page, live_server: LiveServer
) -> None:
    console.goto(f"{live_server.url}/studies/demo/raters/?show=flagged")
    console.locator("td.acts summary").focus()
    console.keyboard.press("Enter")
    console.keyboard.press("Tab")
    console.keyboard.type("half a second per image")
    console.keyboard.press("Enter")
    console.wait_for_url("**/raters/?show=flagged")
    expect(console.get_by_text("No raters match.")).to_be_visible()
    console.goto(f"{live_server.url}/studies/demo/raters/WATCHED/")
    expect(console.get_by_role("cell", name="half a second per image")).to_be_visible()
    console.get_by_role("button", name="Include again").click()
    expect(console.get_by_role("button", name="Exclude")).to_be_visible()
    assert Rater.objects.get(code="WATCHED").status == "active"


@pytest.mark.parametrize("size", [(1366, 768), (1024, 768), (390, 844)])
def test_only_tables_scroll_sideways(
    console: Page, live_server: LiveServer, size: tuple[int, int]
) -> None:
    console.set_viewport_size({"width": size[0], "height": size[1]})
    for path in ("", "WATCHED/"):
        console.goto(f"{live_server.url}/studies/demo/raters/{path}")
        for summary in console.locator("td.acts summary").all():
            summary.click()
        width = console.evaluate("document.documentElement.scrollWidth")
        # Room is kept for a scrollbar, whether there is one or not.
        assert width <= size[0]
