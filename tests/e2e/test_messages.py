"""Owner and rater write to each other, in a real browser; and why an image was skipped."""

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Message, Rater, Study, Trial
from annotation.raters.messages import write_to_raters
from tests.e2e.rating_page import arrived, press, shows
from workbench.accounts.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_message_comes_with_the_next_answer_and_is_read_once(
    rating: Page, study: Study, rater: Rater, owner: User
) -> None:
    write_to_raters(study=study, raters=[rater], actor=owner, text="Look at the <b>hands</b>.")
    press(rating, "4 4 4 Enter")
    inbox = rating.get_by_role("dialog", name="Message from the study’s owner")
    expect(inbox).to_contain_text("Look at the <b>hands</b>.")
    # Keys do not rate while the message is there.
    press(rating, "5")
    # The dialog closes at once; the server hears of it a little later.
    with rating.expect_response(lambda response: response.url.endswith("messages/read/")):
        rating.get_by_role("button", name="I have read it").click()
    expect(inbox).to_be_hidden()
    shows(rating, 2)
    expect(rating.locator("#answer input:checked")).to_have_count(0)
    press(rating, "4 4 4 Enter")
    arrived(rating)
    expect(inbox).to_be_hidden()
    assert Message.objects.get().read_at is not None


def test_a_message_waits_for_whoever_is_not_there(
    rating: Page, study: Study, rater: Rater, owner: User
) -> None:
    write_to_raters(study=study, raters=[rater], actor=owner, text="Thank you so far.")
    rating.reload()
    expect(rating.get_by_text("Thank you so far.")).to_be_visible()


def test_a_report_names_the_image_and_survives_a_lost_line(rating: Page, rater: Rater) -> None:
    rating.get_by_role("button", name="Report").click()
    rating.get_by_label("What is wrong?").fill("The prompt is cut off.")
    rating.context.set_offline(True)
    rating.get_by_role("button", name="Send").click()
    expect(rating.get_by_text("No connection.")).to_be_visible()
    expect(rating.get_by_label("What is wrong?")).to_have_value("The prompt is cut off.")
    rating.context.set_offline(False)
    rating.get_by_role("button", name="Send").click()
    expect(rating.get_by_text("Sent to the study’s owner.")).to_be_visible()
    (report,) = Message.objects.all()
    assert (report.rater, report.sender, report.text) == (rater, "rater", "The prompt is cut off.")
    assert report.trial == Trial.objects.get(position=0)
    press(rating, "4 4 4 Enter")
    shows(rating, 2)


def test_another_reason_to_skip_needs_words(rating: Page) -> None:
    rating.get_by_role("button", name="Skip…").click()
    skip = rating.get_by_role("button", name="Skip the image")
    skip.click()
    expect(skip).to_be_visible()  # no reason is chosen yet
    rating.get_by_label("Another reason").check()
    skip.click()
    expect(skip).to_be_visible()
    rating.get_by_label("In a few words").fill("It is my own photo.")
    skip.click()
    shows(rating, 2)
    arrived(rating)
    trial = Trial.objects.get(position=0)
    assert (trial.skip_reason, trial.skip_note) == ("other", "It is my own photo.")
