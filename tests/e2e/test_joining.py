"""A stranger comes by the shared link, takes part, and finds their way back."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Rater, Stimulus, Study
from annotation.raters.invitations import open_shared_link, shared_link_path
from workbench.accounts.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_stranger_joins_once_and_keeps_their_link(
    page: Page,
    live_server: LiveServer,
    study: Study,
    owner: User,
    images: list[Stimulus],
) -> None:
    link = open_shared_link(study=study, quota=5, actor=owner)
    invited = Rater.objects.count()
    address = live_server.url + shared_link_path(link)
    page.goto(address)
    page.get_by_role("button", name="Take part").click()
    own = page.get_by_label("Your own link").input_value()
    # Its script is what starts a session.
    page.wait_for_load_state()
    assert page.url == own
    page.get_by_label("I have read this and agree to take part.").check()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="How to rate")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("first image"))).to_be_visible()
    # It can be copied later, too.
    page.get_by_role("button", name="Help").click()
    page.get_by_text("Your own link", exact=True).first.click()
    expect(page.get_by_label("Your own link")).to_have_value(own)
    page.goto(address)
    expect(page).to_have_url(own)
    assert Rater.objects.count() == invited + 1
