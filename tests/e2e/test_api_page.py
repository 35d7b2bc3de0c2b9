"""The API's page: drawn and usable under our content security policy, on scripts of our own."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from annotation.models import Study
from tests.e2e.signing_in import sign_in
from workbench.accounts.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_owner_reads_and_tries_the_export(
    page: Page, live_server: LiveServer, owner: User, study: Study
) -> None:
    sign_in(page, live_server.url, then="/api/v1/docs/")
    page.locator("#operations-tag-export").click()
    export = page.locator("#operations-export-studies_export_retrieve")
    export.locator(".opblock-summary-control").click()
    export.get_by_role("button", name="Try it out").click()
    export.get_by_placeholder("slug").fill(study.slug)
    export.get_by_role("button", name="Execute").click()
    expect(export.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
