import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from annotation.models import Study
from modelops.models import TrainingRun
from tests.e2e.signing_in import sign_in
from tests.modelops.labelling import make_predictor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_history_scrolls_in_its_own_box_on_a_phone(
    page: Page, live_server: LiveServer, study: Study
) -> None:
    error = "There is no space left on the disk; nothing was kept. Free some space."
    TrainingRun.objects.create(
        study=study, predictor=make_predictor(study), trigger="console", state="failed", error=error
    )
    page.set_viewport_size({"width": 390, "height": 800})
    sign_in(page, live_server.url, then="/studies/demo/model/")
    # Some of it is kept for a scrollbar.
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator(".table-scroll").last
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    page.goto("about:blank")
