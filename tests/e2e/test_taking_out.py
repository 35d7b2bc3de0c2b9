"""An owner takes an image out, erases a rater and deletes a study, in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Rater, Stimulus, Study
from tests.annotation.answering import answer, sitting
from tests.e2e.axe import check_accessibility
from tests.e2e.signing_in import sign_in
from tests.factories import make_stimuli, png

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_image_rater_and_study(
    page: Page, live_server: LiveServer, study: Study, rater: Rater, tmp_path: Path
) -> None:
    first, second = make_stimuli(study, 2, claimed_ratings=1)
    session = sitting(rater)
    for stimulus in (first, second):
        answer(session, stimulus, 3)
    sign_in(page, live_server.url, then=f"/studies/demo/images/{first.pk}/")

    section = page.locator("#take-out")
    section.get_by_role("button", name="Withdraw, leave its scores out").click()
    # The browser asks for a reason first.
    assert Stimulus.objects.get(pk=first.pk).state == "in_use"
    section.get_by_label("Reason").first.fill("Six fingers")
    section.get_by_role("button", name="Withdraw, leave its scores out").click()
    expect(page.locator("#take-out")).to_contain_text("Six fingers")
    check_accessibility(page)

    page.get_by_text("Replace it: the wrong file was imported").click()
    right = tmp_path / "right.png"
    right.write_bytes(png(99))
    page.get_by_label("The right file").set_input_files(right)
    page.locator("#replace-reason").fill("The wrong file")
    page.get_by_role("button", name="Replace", exact=True).click()
    expect(page.get_by_text("This is the image in its place.")).to_be_visible()
    new = Stimulus.objects.get(replaces=first)
    assert page.url.endswith(f"/images/{new.pk}/")

    page.goto(f"{live_server.url}/studies/demo/raters/{rater.code}/")
    page.get_by_role("link", name="Erase this rater…").click()
    check_accessibility(page)
    page.get_by_label("Delete them").check()
    page.get_by_label("Type the rater’s code to confirm").fill(rater.code)
    page.get_by_role("button", name="Erase", exact=True).click()
    expect(page.get_by_text("The rater is erased.")).to_be_visible()
    assert not Rater.objects.exists()

    page.goto(f"{live_server.url}/studies/demo/delete/")
    check_accessibility(page)
    page.get_by_label("Type “demo” to confirm").fill("demo")
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("“Demo” is deleted.")).to_be_visible()
    assert not Study.objects.exists()
