"""Nothing is lost on the rating page, and it waits for nobody: lost lines, crashes.

Long because it is one list of what can happen to one page.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Rater, RatingSession, Score, Stimulus, Study, Trial
from annotation.raters.access import rater_link
from annotation.rating.claims import expire_leases
from tests import factories
from tests.e2e.axe import check_accessibility
from tests.e2e.rating_page import (
    arrived,
    choose,
    open_again,
    press,
    rate,
    scores_of,
    shows,
    submitted,
    waiting,
)
from tests.e2e.test_session_plan import begin, set_plan

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Waits until the image is another one; returns the milliseconds from the key to its paint.
NEXT_IMAGE = """() => new Promise((resolve) => {
    const shown = document.querySelector("#image img");
    let pressed = 0;
    document.addEventListener("keydown", () => { pressed ||= performance.now(); }, true);
    const look = () => {
        const now = document.querySelector("#image img");
        if (now && now !== shown) setTimeout(() => resolve(performance.now() - pressed), 0);
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""
WATCH = f"() => {{ window.nextImage = ({NEXT_IMAGE})(); }}"


def go_offline(page: Page) -> None:
    """Once the image on the screen and the two after it have been loaded."""
    expect(page.locator("#controls:enabled")).to_be_visible()
    page.wait_for_function(
        """() => performance.getEntriesByType("resource")
            .filter((entry) => entry.name.includes("/media/")).length >= 3"""
    )
    page.context.set_offline(True)


def answers() -> list[list[float]]:
    """The scores that count, image by image, in the order of the session."""
    return [list(scores_of(trial).values()) for trial in submitted()]


def test_what_is_rated_offline_waits_and_arrives_once(rating: Page) -> None:
    go_offline(rating)
    rate(rating, "4 2 3 Enter")
    shows(rating, 2)
    expect(waiting(rating)).to_have_text("1 rating waiting")
    rate(rating, "5 1 1 Enter")
    shows(rating, 3)
    expect(waiting(rating)).to_have_text("2 ratings waiting")
    assert not Score.objects.exists()
    rating.context.set_offline(False)
    arrived(rating)
    expect(waiting(rating)).to_have_text("")
    assert [sorted(scores) for scores in answers()] == [[2, 3, 4], [1, 1, 5]]
    assert Score.objects.count() == 6
    rate(rating)
    shows(rating, 4)
    arrived(rating)
    assert len(submitted()) == 3


def test_with_nothing_left_in_hand_a_panel_says_so_and_it_continues_by_itself(rating: Page) -> None:
    go_offline(rating)
    for _number in range(3):
        rate(rating)
    panel = rating.locator("#canvas-note")
    expect(panel).to_contain_text("Your ratings are kept in this browser")
    expect(panel.get_by_role("button", name="Try again")).to_be_visible()
    expect(waiting(rating)).to_have_text("3 ratings waiting")
    expect(rating.locator("#controls:disabled")).to_be_visible()
    rating.context.set_offline(False)
    shows(rating, 4)
    expect(panel).to_be_hidden()
    arrived(rating)
    assert len(submitted()) == 3
    assert Score.objects.count() == 9


def test_a_server_that_is_down_for_a_while_gets_everything_in_order(rating: Page) -> None:
    received = []

    def refuse(route: Route) -> None:
        received.append(route.request.url)
        route.fulfill(status=503, body="<h1>Service unavailable</h1>")

    rating.route("**/submit/", refuse)
    rate(rating)
    shows(rating, 2)
    expect(waiting(rating)).to_have_text("1 rating waiting")
    rate(rating)
    expect(waiting(rating)).to_have_text("2 ratings waiting")
    assert len(set(received)) == 1, "the second was sent before the first had arrived"
    rating.unroute("**/submit/")
    arrived(rating)
    first, second = submitted()
    assert first.submitted_at
    assert second.submitted_at
    assert first.submitted_at < second.submitted_at
    shows(rating, 3)


def test_a_reload_in_the_dark_keeps_what_waits(rating: Page) -> None:
    rating.route("**/api/v1/rating/**", lambda route: route.abort())
    for _number in range(2):
        rate(rating)
    expect(waiting(rating)).to_have_text("2 ratings waiting")
    rating.reload()
    expect(waiting(rating)).to_have_text("2 ratings waiting")
    assert not Score.objects.exists()
    rating.unroute("**/api/v1/rating/**")
    arrived(rating)
    shows(rating, 3)
    assert len(submitted()) == 2
    assert Score.objects.count() == 6


def test_a_page_closed_offline_sends_when_the_link_is_opened_again(
    rating: Page, live_server: LiveServer, rater: Rater
) -> None:
    context = rating.context
    go_offline(rating)
    rate(rating)
    expect(waiting(rating)).to_have_text("1 rating waiting")
    rating.close()
    context.set_offline(False)
    page = open_again(context, live_server.url + rater_link(rater))
    shows(page, 2)
    arrived(page)
    assert len(submitted()) == 1


def test_when_an_image_was_on_the_screen_is_right_however_late_its_answer_arrives(
    rating: Page,
) -> None:
    rating.route("**/api/v1/rating/**", lambda route: route.abort())
    Trial.objects.update(leased_at=timezone.now() - timedelta(hours=1))
    rate(rating)
    answered = timezone.now()
    expect(waiting(rating)).to_have_text("1 rating waiting")
    rating.wait_for_timeout(3_000)
    rating.reload()
    expect(waiting(rating)).to_have_text("1 rating waiting")
    rating.unroute("**/api/v1/rating/**")
    arrived(rating)
    (trial,) = submitted()
    assert trial.displayed_at is not None
    assert trial.submitted_at is not None
    assert trial.submitted_at - answered > timedelta(seconds=3)
    assert timedelta() < answered - trial.displayed_at < timedelta(minutes=5)


def test_a_crash_keeps_what_was_filled_in(
    rating: Page, context: BrowserContext, live_server: LiveServer, rater: Rater
) -> None:
    rating.get_by_text("highly distorted").click()
    rating.get_by_label("What is distorted?").fill("the hands")
    press(rating, "Tab")
    choose(rating, "quality", 5)
    prompt = rating.locator("#prompt").inner_text()
    rating.close()
    page = open_again(context, live_server.url + rater_link(rater))
    shows(page, 1)
    expect(page.locator("#prompt")).to_have_text(prompt)
    expect(page.locator('[name="score-quality"][value="5"]')).to_be_checked()
    expect(page.get_by_label("What is distorted?")).to_have_value("the hands")


def test_the_next_image_does_not_wait_for_a_slow_server(rating: Page) -> None:
    # Time for the images ahead to be decoded; a rater looks at an image for longer than this.
    rating.wait_for_timeout(500)

    def slow(route: Route) -> None:
        rating.wait_for_timeout(2000)
        route.continue_()

    rating.route("**/submit/", slow)
    press(rating, "4 2 3")
    rating.evaluate(WATCH)
    rating.keyboard.press("Enter")
    assert rating.evaluate("window.nextImage") < 500
    shows(rating, 2)
    arrived(rating)
    assert len(submitted()) == 1


def test_the_last_image_can_be_revised_while_its_answer_still_waits(rating: Page) -> None:
    first = rating.locator("#prompt").inner_text()
    go_offline(rating)
    rate(rating, "4 2 3 Enter")
    shows(rating, 2)
    second = rating.locator("#prompt").inner_text()
    press(rating, "Backspace")
    expect(rating.locator("#prompt")).to_have_text(first)
    expect(rating.locator('[name="score-quality"][value="4"]')).to_be_checked()
    choose(rating, "quality", 1)
    rating.get_by_role("button", name="Send the change").click()
    expect(rating.locator("#prompt")).to_have_text(second)
    expect(waiting(rating)).to_have_text("2 ratings waiting")
    expect(rating.locator("#progress-text")).to_contain_text("Image 2 of")
    rating.context.set_offline(False)
    arrived(rating)
    (trial,) = submitted()
    history = trial.scores.filter(perspective__key="quality").order_by("revision")
    assert [(item.value, item.revision) for item in history] == [(4, 1), (1, 2)]


def test_with_nothing_in_hand_the_last_image_can_still_be_revised(rating: Page) -> None:
    go_offline(rating)
    for _number in range(3):
        rate(rating, "4 2 3 Enter")
    panel = rating.locator("#canvas-note")
    expect(panel).to_be_visible()
    press(rating, "Backspace")
    expect(rating.get_by_text("The previous image again")).to_be_visible()
    expect(panel).to_be_hidden()
    choose(rating, "quality", 1)
    press(rating, "Enter")
    expect(panel).to_be_visible()
    rating.context.set_offline(False)
    shows(rating, 4)
    arrived(rating)
    assert [scores_of(trial)["quality"] for trial in submitted()] == [4, 4, 1]


def test_a_skip_waits_like_a_rating(rating: Page) -> None:
    go_offline(rating)
    rating.get_by_role("button", name="Skip…").click()
    rating.get_by_label("I cannot judge it").check()
    rating.get_by_role("button", name="Skip the image").click()
    shows(rating, 2)
    rate(rating)
    expect(waiting(rating)).to_have_text("2 ratings waiting")
    rating.context.set_offline(False)
    arrived(rating)
    assert Trial.objects.get(position=0).skip_reason == "cannot_judge"
    assert [trial.position for trial in submitted()] == [1]


def test_a_refused_answer_is_reported_and_holds_nothing_up(rating: Page) -> None:
    go_offline(rating)
    for _number in range(2):
        rate(rating)
    Trial.objects.filter(position=0).update(lease_expires_at=timezone.now() - timedelta(hours=1))
    assert expire_leases() == 1
    Stimulus.objects.filter(trials__position=0).update(claimed_ratings=5)
    rating.context.set_offline(False)
    toast = rating.locator("#toast")
    expect(toast).to_contain_text("has since gone to other raters")
    arrived(rating)
    assert [trial.position for trial in submitted()] == [1]
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_be_empty()
    rate(rating)
    arrived(rating)
    assert len(submitted()) == 2


def test_the_states_of_a_lost_line_move_nothing_and_are_accessible(
    rating: Page, live_server: LiveServer, rater: Rater
) -> None:
    rating.evaluate(
        """() => {
            window.shift = 0;
            new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) window.shift += entry.value;
            }).observe({type: "layout-shift"});
        }"""
    )
    go_offline(rating)
    for _number in range(3):
        rate(rating)
    expect(waiting(rating)).to_have_text("3 ratings waiting")
    check_accessibility(rating)
    Trial.objects.filter(position=0).update(lease_expires_at=timezone.now() - timedelta(hours=1))
    assert expire_leases() == 1
    Stimulus.objects.filter(trials__position=0).update(claimed_ratings=5)
    rating.context.set_offline(False)
    expect(rating.locator("#toast")).to_contain_text("A rating was not accepted")
    arrived(rating)
    expect(rating.locator("#controls:enabled")).to_be_visible()
    check_accessibility(rating)
    assert rating.evaluate("window.shift") == 0
    second = rating.context.new_page()
    second.goto(live_server.url + rater_link(rater))
    expect(second.get_by_role("dialog")).to_be_visible()
    check_accessibility(second)


def test_a_study_closed_in_between_says_what_has_not_been_sent(rating: Page, study: Study) -> None:
    go_offline(rating)
    rate(rating)
    shows(rating, 2)
    Study.objects.filter(pk=study.pk).update(status="closed")
    rating.context.set_offline(False)
    expect(rating.get_by_role("heading", name="Rating cannot continue now")).to_be_visible()
    text = rating.locator("#interlude-text")
    expect(text).to_contain_text("This study is closed; no more ratings are collected.")
    expect(text).to_contain_text("kept in this browser: 1")
    rating.get_by_role("button", name="Continue").click()
    expect(rating.get_by_role("heading", name="This study is closed")).to_be_visible()
    # It was kept: if the study continues, it arrives.
    Study.objects.filter(pk=study.pk).update(status="open")
    rating.reload()
    arrived(rating)
    shows(rating, 2)
    assert len(submitted()) == 1


def test_an_answer_to_an_ended_session_is_reported_on_the_next_page(rating: Page) -> None:
    rating.route("**/api/v1/rating/**", lambda route: route.abort())
    rate(rating)
    expect(waiting(rating)).to_have_text("1 rating waiting")
    RatingSession.objects.update(state="expired", ended_at=timezone.now())
    rating.unroute("**/api/v1/rating/**")
    rating.reload()
    expect(rating.get_by_role("heading", name="Welcome back")).to_be_visible()
    expect(rating.locator("#toast")).to_contain_text("A rating was not accepted")
    expect(waiting(rating)).to_have_text("")


def test_pausing_waits_until_everything_has_arrived(rating: Page) -> None:
    go_offline(rating)
    rate(rating)
    rating.get_by_role("button", name="Pause").click()
    expect(rating.locator("#toast")).to_contain_text("have not arrived yet")
    rating.context.set_offline(False)
    arrived(rating)
    rating.get_by_role("button", name="Pause").click()
    expect(rating.get_by_role("heading", name="A break")).to_be_visible()
    assert len(submitted()) == 1


def test_a_browser_that_keeps_nothing_still_rates(rating: Page) -> None:
    rating.context.add_init_script("indexedDB.open = () => { throw new Error('forbidden'); }")
    rating.reload()
    shows(rating, 1)
    go_offline(rating)
    for _number in range(2):
        rate(rating)
    expect(waiting(rating)).to_have_text("2 ratings waiting")
    rating.context.set_offline(False)
    arrived(rating)
    assert len(submitted()) == 2


def test_practice_waits_for_its_feedback(open_page: Callable[[], Page], study: Study) -> None:
    set_plan(study, practice_trials=1)
    (stimulus,) = factories.make_stimuli(study, [70], purpose="practice")
    factories.publish(stimulus=stimulus, perspective="quality", mos=0.75, source="experts")
    page = begin(open_page())
    go_offline(page)
    rate(page)
    expect(page.locator("#canvas-note")).to_contain_text("Your ratings are kept")
    expect(page.locator("#progress-text")).to_have_text("Practice 1 of 1")
    page.context.set_offline(False)
    expect(page.locator(".expected").first).to_contain_text("The study expects about “Good”")
    expect(page.locator("#canvas-note")).to_be_hidden()
    press(page, "Enter")
    page.get_by_role("button", name="Continue").click()
    shows(page, 1)


def test_the_token_is_not_written_down(rating: Page, rater: Rater) -> None:
    rate(rating, "4 2 3")
    go_offline(rating)
    rate(rating, "4 2 3 Enter")
    expect(waiting(rating)).to_have_text("1 rating waiting")
    kept = rating.evaluate(
        """async () => {
            const [{name}] = await indexedDB.databases();
            const database = await new Promise((resolve) => {
                const request = indexedDB.open(name);
                request.onsuccess = () => resolve(request.result);
            });
            const read = (store) => new Promise((resolve) => {
                const request = database.transaction(store).objectStore(store).getAll();
                request.onsuccess = () => resolve(request.result);
            });
            return JSON.stringify([name, await read("outbox"), await read("drafts")]);
        }"""
    )
    assert '"quality":4' in kept
    token = rater_link(rater).strip("/").rsplit(".", 1)[-1]
    assert token not in kept


def test_a_page_that_closes_lets_its_images_go_soon(
    open_page: Callable[[], Page], rating: Page
) -> None:
    def seconds_left() -> float:
        (first, *_others) = Trial.objects.filter(state="leased").order_by("position")
        assert first.lease_expires_at
        return (first.lease_expires_at - timezone.now()).total_seconds()

    assert seconds_left() > 200
    rating.goto("about:blank")
    for _try in range(50):
        if seconds_left() <= 60:
            break
        rating.wait_for_timeout(100)
    assert seconds_left() <= 60
    # Back in time: the same images, for as long as before.
    shows(open_page(), 1)
    assert seconds_left() > 200
    assert Trial.objects.count() == 3
