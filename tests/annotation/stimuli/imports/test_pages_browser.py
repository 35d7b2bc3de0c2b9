"""The import page in a real browser: upload, watch, read the outcome for the rows."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from annotation.models import Stimulus, Study
from annotation.stimuli.tasks import run_import
from tests.annotation.stimuli.files import picture, row, write_manifest, write_zip
from tests.conftest import SEND_TASK
from tests.factories import make_study, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Jobs run in their own thread next to the server, as a worker would run them."""
    threads: list[threading.Thread] = []

    def work(job_id: int) -> None:
        run_import(job_id)
        connection.close()

    def start(task: str, args: tuple[int]) -> None:
        threads.append(threading.Thread(target=work, args=args))
        threads[-1].start()

    monkeypatch.setattr(SEND_TASK, start)
    yield
    for thread in threads:
        thread.join()


@pytest.fixture
def signed_in(page: Page, live_server: LiveServer, client: Client) -> tuple[Page, Study]:
    study = make_study(make_user("owner"))
    client.force_login(study.owner)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page.goto(f"{live_server.url}/studies/{study.slug}/import/")
    return page, study


def test_a_person_imports_a_zip_and_reads_which_rows_are_bad(
    signed_in: tuple[Page, Study], tmp_path: Path
) -> None:
    page, study = signed_in
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    archive = write_zip(
        tmp_path / "i.zip", {f"{number}.png": picture(number) for number in range(30)}
    )
    rows = [row(number) for number in range(30)] + [row(30)]
    manifest = write_manifest(tmp_path / "manifest.csv", rows)

    page.get_by_label("Manifest").set_input_files(manifest)
    page.get_by_label("Images").set_input_files(archive)
    page.get_by_role("button", name="Check and import").click()

    panel = page.locator("#import-job")
    expect(panel).to_contain_text("30 of 31 rows can be imported")
    expect(
        panel.get_by_role("row", name=re.compile(r'31 32 image "30.png" not found'))
    ).to_be_visible()
    assert not Stimulus.objects.filter(study=study).exists()

    page.get_by_role("link", name="All imports").click()
    page.get_by_label("Manifest").set_input_files(manifest)
    page.get_by_label("Images").set_input_files(archive)
    page.get_by_label("Import the good rows even if others are bad").check()
    page.get_by_role("button", name="Check and import").click()

    expect(panel.locator(".badge")).to_have_text("Succeeded")
    assert Stimulus.objects.filter(study=study).count() == 30
    assert complaints == []


def test_a_mistake_in_the_form_is_reported_next_to_its_field(signed_in: tuple[Page, Study]) -> None:
    page, _ = signed_in
    expect(page.get_by_text("Sending the files")).to_be_hidden()
    page.get_by_label("Manifest").set_input_files(
        {"name": "m.csv", "mimeType": "text/csv", "buffer": b"filename,prompt,generator\n"}
    )

    page.get_by_role("button", name="Check and import").click()

    expect(page.locator("#import-form")).to_contain_text("Add the ZIP of the images")


def test_files_that_are_too_large_are_not_even_sent(
    settings: Settings, signed_in: tuple[Page, Study]
) -> None:
    page, _ = signed_in
    settings.IMPORT_UPLOAD_BYTES = 100
    page.reload()
    page.get_by_label("Manifest").set_input_files(
        {"name": "m.csv", "mimeType": "text/csv", "buffer": b"x" * 101}
    )

    expect(page.get_by_text("larger than 100")).to_be_visible()
    expect(page.get_by_role("button", name="Check and import")).to_be_disabled()
