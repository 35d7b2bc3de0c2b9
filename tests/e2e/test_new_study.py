"""An owner sets up the AIGCIQA2023 replica: a title and two clicks."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Study
from annotation.studies.presets import AIGCIQA2023
from tests.e2e.signing_in import sign_in
from workbench.accounts.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_replica_takes_a_title_and_two_clicks(
    page: Page, live_server: LiveServer, owner: User
) -> None:
    sign_in(page, live_server.url, then="/studies/new/")
    page.get_by_label("Title").fill("Ours, asked as theirs")
    page.get_by_text("AIGCIQA2023 replica").click()
    page.get_by_role("button", name="Create the study").click()
    expect(page.get_by_role("heading", name="Next steps")).to_be_visible()
    study = Study.objects.get()
    assert study.plan == AIGCIQA2023.plan
    assert (study.target_ratings, study.form) == (28, AIGCIQA2023.form)
    # None is there to choose from yet: it leads to the import.
    page.get_by_role("link", name="Choose practice images").click()
    expect(page.get_by_label("Purpose")).to_have_value("practice")
