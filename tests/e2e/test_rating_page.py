"""The rating page in a real Chromium: by keyboard, by mouse, by touch; reloads and lost lines."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Explanation, Rater, RatingSession, Score, Stimulus, Study, Trial
from annotation.protocol.aigciqa2023 import default_perspectives
from annotation.protocol.scales import ACR11, SLIDER5
from annotation.raters.access import rater_link
from annotation.rating.claims import expire_leases
from tests.e2e.rating_page import arrived, choose, open_again, press, scores_of, shows, submitted
from tests.factories import make_session, set_perspectives

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_session_by_keyboard_alone(open_page: Callable[[], Page], study: Study) -> None:
    Study.objects.filter(pk=study.pk).update(session_trials=3)
    page = open_page()
    # From the top: skip link, language, consent, start.
    page.get_by_label("I have read this and agree").focus()
    press(page, "Space Tab Enter")
    expect(page.get_by_role("heading", name="How to rate")).to_be_visible()
    page.get_by_role("button", name="Show me the first image").focus()
    press(page, "Enter")
    shows(page, 1)
    press(page, "4 2 5 Enter")
    shows(page, 2)
    # Tab leads through every question; arrows change a score.
    press(page, "3 ArrowLeft")
    press(page, "Tab Tab")
    press(page, "1 1 ArrowRight ArrowRight Enter")
    shows(page, 3)
    press(page, "5 5 5 Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert [scores_of(trial) for trial in submitted()][::2] == [
        {"quality": 4, "authenticity": 2, "correspondence": 5},
        {"quality": 5, "authenticity": 5, "correspondence": 5},
    ]
    assert RatingSession.objects.get().state == "done"
    expect(page.get_by_role("button", name="Rate more images")).to_be_visible()


def test_images_by_mouse_with_reasons_and_a_text_for_a_low_level(rating: Page) -> None:
    page = rating
    for perspective, score in (("quality", 3), ("authenticity", 2), ("correspondence", 4)):
        choose(page, perspective, score)
    text = page.get_by_label("What is distorted?")
    expect(text).to_be_hidden()
    page.get_by_text("essentially distortion-free").click()
    expect(text).to_be_hidden()
    page.get_by_text("partially distorted").click()
    expect(text).to_be_visible()
    text.fill("the left hand has 6 fingers")
    page.get_by_text("very clear").click()
    page.get_by_role("button", name="Next image").click()
    shows(page, 2)
    expect(text).to_be_hidden()
    expect(page.locator("#answer input:checked")).to_have_count(0)
    arrived(page)
    (trial,) = submitted()
    assert scores_of(trial) == {"quality": 3, "authenticity": 2, "correspondence": 4}
    assert trial.displayed_at is not None
    reasons = {row.perspective.key: (row.phrases, row.text) for row in Explanation.objects.all()}
    assert reasons == {
        "quality": ({"quality_clarity": 4}, ""),
        "authenticity": ({"authenticity_distortion": 2}, "the left hand has 6 fingers"),
    }


def test_a_text_that_is_not_asked_for_any_more_is_not_sent(rating: Page) -> None:
    rating.get_by_text("highly distorted").click()
    rating.get_by_label("What is distorted?").fill("everything")
    rating.get_by_text("essentially distortion-free").click()
    press(rating, "3 3 3 Enter")
    shows(rating, 2)
    arrived(rating)
    assert Explanation.objects.get().text == ""


def test_a_chosen_phrase_can_be_taken_back(rating: Page) -> None:
    chip = rating.get_by_text("very blurry", exact=True)
    chip.click()
    expect(rating.get_by_role("radio", name="very blurry")).to_be_checked()
    chip.click()
    expect(rating.get_by_role("radio", name="very blurry")).not_to_be_checked()


def test_keys_are_dead_while_typing_and_in_dialogs(rating: Page) -> None:
    rating.get_by_text("highly distorted").click()
    text = rating.get_by_label("What is distorted?")
    text.focus()
    press(rating, "1 ? Enter 5")
    expect(text).to_have_value("1?\n5")
    expect(rating.get_by_role("dialog")).to_have_count(0)
    expect(rating.locator('input[name^="score-"]:checked')).to_have_count(0)
    rating.locator("#canvas").click()
    press(rating, "?")
    expect(rating.get_by_role("dialog", name="Help")).to_be_visible()
    press(rating, "4")
    expect(rating.locator('input[name^="score-"]:checked')).to_have_count(0)
    press(rating, "Escape 4")
    expect(rating.locator('input[name^="score-"]:checked')).to_have_count(1)


def test_sending_too_early_names_what_is_missing(rating: Page) -> None:
    press(rating, "4 Enter")
    expect(rating.locator("#missing")).to_have_text("Still to score: Authenticity, Correspondence")
    press(rating, "2 1")
    expect(rating.locator("#missing")).to_have_text("")
    press(rating, "Enter")
    shows(rating, 2)


def test_a_reload_continues_with_the_same_image_and_what_was_filled_in(rating: Page) -> None:
    press(rating, "4 2 3 Enter")
    shows(rating, 2)
    prompt = rating.locator("#prompt").inner_text()
    press(rating, "5 1")
    rating.get_by_text("partially blurry").click()
    rating.reload()
    shows(rating, 2)
    assert rating.locator("#prompt").inner_text() == prompt
    expect(rating.locator('input[name="score-quality"][value="5"]')).to_be_checked()
    expect(rating.get_by_role("radio", name="partially blurry")).to_be_checked()
    press(rating, "5 1 4 Enter")
    shows(rating, 3)
    arrived(rating)
    assert Score.objects.count() == 6


def test_a_closed_tab_is_resumed_from_the_link(
    rating: Page, context: BrowserContext, live_server: LiveServer, rater: Rater
) -> None:
    press(rating, "4 2 3 Enter")
    shows(rating, 2)
    prompt = rating.locator("#prompt").inner_text()
    rating.close()
    page = open_again(context, live_server.url + rater_link(rater))
    shows(page, 2)
    assert page.locator("#prompt").inner_text() == prompt


def test_an_answer_that_arrived_but_was_not_confirmed_is_sent_again_without_harm(
    rating: Page,
) -> None:
    def deliver_and_drop(route: Route) -> None:
        route.fetch()
        route.abort()

    rating.route("**/submit/", deliver_and_drop, times=1)
    press(rating, "4 2 3 Enter")
    shows(rating, 2)
    expect(rating.get_by_text("1 rating waiting")).to_be_visible()
    arrived(rating)
    assert Score.objects.count() == 3


def test_an_image_that_went_to_others_is_said_and_the_next_one_comes(rating: Page) -> None:
    Trial.objects.update(lease_expires_at=timezone.now() - timedelta(hours=1))
    expire_leases()
    Stimulus.objects.filter(trials__position=0).update(claimed_ratings=5)
    press(rating, "4 2 3 Enter")
    expect(rating.locator("#toast")).to_contain_text("has since gone to other raters")
    expect(rating.locator("#controls:enabled")).to_be_visible()
    press(rating, "4 2 3 Enter")
    arrived(rating)
    shows(rating, 2)
    assert len(submitted()) == 1


def test_an_image_that_does_not_load_can_be_loaded_again_or_skipped(
    open_page: Callable[[], Page], rater: Rater
) -> None:
    make_session(rater)
    shown = open_page()
    shown.route("**/media/**", lambda route: route.abort())
    shown.reload()
    expect(shown.locator("#canvas-text")).to_have_text("The image could not be loaded.")
    expect(shown.locator("#controls:disabled")).to_be_visible()
    shown.unroute("**/media/**")
    shown.get_by_role("button", name="Load it again").click()
    shows(shown, 1)
    shown.get_by_role("button", name="Skip…").click()
    shown.get_by_label("It does not load, or loads only in part").check()
    shown.get_by_role("button", name="Skip the image").click()
    shows(shown, 2)
    arrived(shown)
    assert Trial.objects.get(position=0).skip_reason == "does_not_load"


def test_rating_waits_for_the_decoded_image(
    page: Page, open_page: Callable[[], Page], rater: Rater
) -> None:
    make_session(rater)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/media/**", hold)
    open_page()
    expect(page.locator("#canvas-text")).to_have_text("Loading the image…")
    expect(page.locator("#controls:disabled")).to_be_visible()
    press(page, "4 2 3 Enter")
    assert not Score.objects.exists()
    assert len(held) == 1, "on a slow line, images that come later would hold this one up"
    held[0].continue_()
    shows(page, 1)
    page.unroute("**/media/**", hold)


def test_stopping_ends_the_session_and_says_what_is_kept(rating: Page) -> None:
    press(rating, "4 2 3 Enter")
    shows(rating, 2)
    rating.get_by_role("button", name="Stop").click()
    rating.get_by_role("button", name="End the session").click()
    expect(rating.get_by_role("heading", name="You have stopped")).to_be_visible()
    assert RatingSession.objects.get().state == "withdrawn"
    assert not Trial.objects.filter(state="leased").exists()


def test_a_study_paused_in_the_middle_takes_the_answer_and_says_so(
    rating: Page, study: Study
) -> None:
    Study.objects.filter(pk=study.pk).update(status="paused")
    for _number in range(3):  # the image on the screen, and those fetched ahead
        expect(rating.locator("#controls:enabled")).to_be_visible()
        press(rating, "4 2 3 Enter")
        rating.wait_for_timeout(500)
    expect(rating.get_by_role("heading", name="A short pause")).to_be_visible()
    assert len(submitted()) == 3


def test_a_slider_has_no_position_until_it_is_moved(
    open_page: Callable[[], Page], study: Study, rater: Rater
) -> None:
    set_perspectives(study, default_perspectives(SLIDER5))
    make_session(rater)
    page = shows(open_page(), 1)
    slider = page.get_by_role("slider", name="Quality")
    expect(slider).to_have_attribute("aria-valuetext", "not set")
    words = page.locator('[data-perspective="quality"] .anchors span')
    expect(words).to_have_text(["Bad", "Poor", "Fair", "Good", "Excellent"])
    # "Fair" is in the middle of the slider, and the whole form still on the screen.
    middles = "e => { const box = e.getBoundingClientRect(); return box.x + box.width / 2; }"
    assert words.nth(2).evaluate(middles) == pytest.approx(slider.evaluate(middles), abs=1)
    assert page.locator("#controls").evaluate("e => e.scrollHeight - e.clientHeight") == 0
    press(page, "Enter")
    expect(page.locator("#missing")).to_contain_text("Quality, Authenticity, Correspondence")
    slider.click()  # in the middle, where its hidden value is already
    expect(page.locator('[data-perspective="quality"] output')).not_to_have_text("–")
    quality = float(page.locator('[data-perspective="quality"] output').inner_text())
    press(page, "Tab")
    page.get_by_role("slider", name="Authenticity").focus()
    # The third word of five and the fourth: the middles of their parts; then a fiftieth of 0…5.
    press(page, "3 4 ArrowRight Enter")
    shows(page, 2)
    arrived(page)
    (trial,) = submitted()
    assert scores_of(trial) == {"quality": quality, "authenticity": 2.5, "correspondence": 3.6}


def test_help_says_what_each_question_means(rating: Page) -> None:
    press(rating, "?")
    dialog = rating.get_by_role("dialog", name="Help")
    expect(dialog.locator(".helps dt")).to_have_text(["Quality", "Authenticity", "Correspondence"])
    expect(dialog.get_by_text("Go through the prompt word by word")).to_be_visible()
    press(rating, "Escape")
    press(rating, "4 2 3 Enter")
    shows(rating, 2)


def test_what_will_be_sent_is_summed_up_in_sentences(rating: Page) -> None:
    sentence = rating.locator("#sentence")
    expect(sentence).to_have_text("Phrases and texts are optional.")
    for phrase in ("essentially clear", "clearly distinguishable"):
        rating.get_by_text(phrase, exact=True).click()
    quality = (
        "Quality: the image quality is essentially clear, the image outline and content are "
        "clearly distinguishable."
    )
    expect(sentence).to_have_text(quality)
    # Of all perspectives, wherever the rater is.
    rating.get_by_text("highly distorted", exact=True).click()
    expect(sentence).to_have_text(f"{quality} Authenticity: the image is highly distorted.")
    # A second click takes a phrase back, and an answer that is sent takes all along.
    rating.get_by_text("essentially clear", exact=True).click()
    expect(sentence).to_have_text(
        "Quality: the image outline and content are clearly distinguishable. "
        "Authenticity: the image is highly distorted."
    )
    press(rating, "4 2 3 Enter")
    shows(rating, 2)
    expect(sentence).to_have_text("Phrases and texts are optional.")


def test_the_eleven_point_scale_has_a_key_for_ten_and_skipping_one(
    open_page: Callable[[], Page], study: Study
) -> None:
    set_perspectives(study, default_perspectives(ACR11))
    page = open_page()
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".keys kbd").nth(1)).to_have_text("+")
    page.get_by_role("button", name="Show me the first image").click()
    shows(page, 1)
    expect(page.locator(".level kbd").first).to_have_text("+")
    # The second is what that key says without Shift.
    press(page, "+ = 0 Enter")
    shows(page, 2)
    press(page, "s")
    page.get_by_label("I cannot judge it").check()
    page.get_by_role("button", name="Skip the image").click()
    shows(page, 3)
    arrived(page)
    (trial,) = submitted()
    assert scores_of(trial) == {"quality": 10, "authenticity": 10, "correspondence": 0}


def test_the_last_image_can_be_revised_and_its_first_scores_are_kept(rating: Page) -> None:
    expect(rating.get_by_role("button", name="Back", exact=True)).to_be_disabled()
    first = rating.locator("#prompt").inner_text()
    press(rating, "4 2 3 Enter")
    shows(rating, 2)
    second = rating.locator("#prompt").inner_text()
    press(rating, "5")
    press(rating, "Backspace")
    expect(rating.get_by_text("The previous image again")).to_be_visible()
    expect(rating.locator("#prompt")).to_have_text(first)
    expect(rating.locator('[name="score-authenticity"][value="2"]')).to_be_checked()
    choose(rating, "quality", 1)
    rating.get_by_role("button", name="Send the change").click()
    expect(rating.locator("#prompt")).to_have_text(second)
    # What was begun before is still there.
    expect(rating.locator('[name="score-quality"][value="5"]')).to_be_checked()
    arrived(rating)
    (trial,) = submitted()
    assert scores_of(trial) == {"quality": 1, "authenticity": 2, "correspondence": 3}
    history = trial.scores.filter(perspective__key="quality").order_by("revision")
    assert [(item.value, item.revision) for item in history] == [(4, 1), (1, 2)]


def test_the_last_image_can_be_left_as_it_was(rating: Page) -> None:
    press(rating, "4 2 3 Enter")
    shows(rating, 2)
    rating.get_by_role("button", name="Back", exact=True).click()
    expect(rating.get_by_role("button", name="Skip…")).to_be_hidden()
    choose(rating, "quality", 1)
    rating.get_by_role("button", name="Leave it as it was").click()
    expect(rating.get_by_text("The previous image again")).to_be_hidden()
    press(shows(rating, 2), "3 3 3 Enter")
    shows(rating, 3)
    arrived(rating)
    assert [scores_of(trial)["quality"] for trial in submitted()] == [4, 3]


def test_an_arrow_chooses_the_first_word_first(rating: Page) -> None:
    press(rating, "4 Shift+Tab ArrowRight")  # back to the last row of words about quality
    words = rating.locator(".phrase-field input:checked")
    expect(words).to_have_value("1")
    press(rating, "ArrowRight")
    expect(words).to_have_value("2")
