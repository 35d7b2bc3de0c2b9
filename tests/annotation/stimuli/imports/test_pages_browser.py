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


def _plums(folder: Path) -> Path:
    """Six pictures in two folders, one of which is described; a GIF, and a file of a model."""
    for number in range(6):
        place = folder / ("SDXL" if number % 2 else "FLUX")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.png").write_bytes(picture(number))
    (folder / "SDXL" / "1.txt").write_text("ein blauer Pflümli-Baum", encoding="utf-8")
    (folder / "old.gif").write_bytes(b"GIF89a")
    (folder / "model.safetensors").write_bytes(b"x" * 100)
    return folder


def test_a_folder_goes_in_and_its_gaps_are_filled_in(
    signed_in: tuple[Page, Study], tmp_path: Path
) -> None:
    page, study = signed_in
    page.locator("[data-folder]").set_input_files(_plums(tmp_path / "plums"))
    told = page.locator("[data-picked]")
    expect(told).to_contain_text("“plums”: 8 files")
    expect(told).to_contain_text("Left out, as neither pictures nor what describes them: plums/mod")
    # An error of the form keeps what was chosen.
    page.get_by_label("Purpose").evaluate("(one) => one.append(new Option('x', 'x', true, true))")
    page.get_by_role("button", name="Check and import").click()
    expect(page.locator(".errorlist:visible")).to_contain_text("Select a valid choice.")
    page.get_by_label("Purpose").select_option("main")
    page.get_by_label("Dry run: only say what would be imported").check()
    page.get_by_role("button", name="Check and import").click()

    panel = page.locator("#import-job")
    expect(panel).to_contain_text("1 of 7 rows are good, 6 cannot be imported")
    expect(panel).to_contain_text('image "plums/old.gif" is GIF')
    panel.get_by_label("Prompt of plums/FLUX/0.png").fill("a green plum")
    panel.get_by_label("Prompt of all that lack one").fill("a plum")
    panel.get_by_role("button", name="Fill in and check again").click()
    panel.get_by_role("button", name="Import the 6 good rows").click()
    expect(panel.get_by_role("link", name="Look at the images")).to_be_visible()

    fields = ("filename", "prompt__text", "generator__name")
    assert sorted(Stimulus.objects.filter(study=study).values_list(*fields)) == [
        ("plums/FLUX/0.png", "a green plum", "FLUX"),
        ("plums/FLUX/2.png", "a plum", "FLUX"),
        ("plums/FLUX/4.png", "a plum", "FLUX"),
        ("plums/SDXL/1.png", "ein blauer Pflümli-Baum", "SDXL"),
        ("plums/SDXL/3.png", "a plum", "SDXL"),
        ("plums/SDXL/5.png", "a plum", "SDXL"),
    ]


def test_dropped_folders_and_pictures_go_in_together_with_their_manifest(
    signed_in: tuple[Page, Study], tmp_path: Path
) -> None:
    page, _study = signed_in
    plums = _plums(tmp_path / "plums")
    write_manifest(plums / "FLUX" / "manifest.csv", [row(0)])
    box = page.locator("[data-drop]").bounding_box()
    assert box is not None
    files = [str(plums / "FLUX"), str(plums / "SDXL" / "1.png")]
    drag = {
        "x": box["x"] + 20,
        "y": box["y"] + 20,
        "data": {"items": [], "files": files, "dragOperationsMask": 1},
    }
    devices = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        devices.send("Input.dispatchDragEvent", {"type": kind, **drag})
    expect(page.locator("[data-picked]")).to_contain_text("“1.png+3”: 4 files")
    expect(page.locator("[data-picked]")).to_contain_text("“FLUX/manifest.csv” is taken as the man")
    sent = page.locator("input[type=file][name]")
    names = "(inputs) => inputs.map((one) => one.files[0].name)"
    assert sent.evaluate_all(names) == ["1.png+3.zip", "manifest.csv"]
    # What cannot go in is named, and takes the place of what was chosen before.
    page.locator("[data-folder]").set_input_files(_only(tmp_path / "notes", "notes.doc"))
    expect(page.locator("[data-refused]")).to_contain_text("no picture in it: notes/notes.doc")
    page.locator("[data-drop]").evaluate("(drop) => drop.closest('form').dataset.limit = 100")
    page.locator("[data-folder]").set_input_files(plums)
    expect(page.locator("[data-refused]")).to_contain_text("Together the files are larger than")


def _only(folder: Path, name: str) -> Path:
    folder.mkdir()
    (folder / name).write_bytes(b"x")
    return folder
