"""An owner clicks through the preview of a draft, and nothing of it reaches the server."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Rater, RatingSession, Study, Trial
from annotation.protocol.plan import SessionPlan
from tests.e2e.signing_in import sign_in
from tests.factories import make_stimuli, publish
from workbench.accounts.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def draft(study: Study) -> Study:
    Study.objects.update(status="draft", session_plan=SessionPlan(practice_trials=1).to_json())
    return study


@pytest.fixture
def asked(page: Page, live_server: LiveServer, owner: User) -> list[str]:
    """What the page asks the rating API for, past the preview; the owner is signed in."""
    sign_in(page, live_server.url, then="/studies/")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    return requests


def begin(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/studies/demo/")
    page.get_by_role("link", name="Preview as a rater").click()
    page.wait_for_url("**/preview/")
    page.get_by_label("I have read this and agree to take part.").check()
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/preview/?stage=instructions")
    page.wait_for_load_state()
    page.get_by_role("button", name="Show me the first image").click()


def rate(page: Page) -> None:
    expect(page.locator("#controls input").first).to_be_enabled(timeout=20_000)
    page.keyboard.press("4")
    page.keyboard.press("3")
    page.keyboard.press("5")
    page.keyboard.press("Enter")


def check_nothing_is_left(asked: list[str]) -> None:
    assert not [address for address in asked if "/api/" in address]
    for model in (Rater, RatingSession, Trial):
        assert not model.objects.exists()


def test_a_whole_session_with_practice_leaves_nothing(
    page: Page, live_server: LiveServer, draft: Study, asked: list[str]
) -> None:
    make_stimuli(draft, 2)
    (known,) = make_stimuli(draft, [9], purpose="practice")
    publish(stimulus=known, perspective="quality", mos=0.75, source="lab")
    begin(page, live_server)
    rate(page)
    expect(page.get_by_text("The study expects about “Good”, as you said.")).to_be_visible()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Continue").click()
    for number in (1, 2):
        expect(page.get_by_text(f"Image {number} of 2")).to_be_visible(timeout=20_000)
        rate(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible(timeout=20_000)
    assert page.evaluate("async () => (await indexedDB.databases()).length") == 0
    page.get_by_role("link", name="End the preview").click()
    expect(page.get_by_role("heading", name="Demo")).to_be_visible()
    check_nothing_is_left(asked)


def test_a_study_without_images_shows_drawn_ones_and_can_be_left(
    page: Page, live_server: LiveServer, draft: Study, asked: list[str]
) -> None:
    begin(page, live_server)
    rate(page)
    expect(page.get_by_text("Image 2 of 5")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_url("**/preview/?stage=paused")
    page.wait_for_load_state()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#controls input").first).to_be_enabled(timeout=20_000)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="End the session").click()
    expect(page.get_by_role("heading", name="You have stopped")).to_be_visible()
    check_nothing_is_left(asked)
