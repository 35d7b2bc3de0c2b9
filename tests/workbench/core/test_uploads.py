"""A folder for temporary files that is full while an upload arrives: a sentence, nothing left."""

import errno
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client
from pytest_django.fixtures import Settings

from annotation.models import ImportJob, Study
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db

TOLD = "The files could not be stored (No space left on device)."


@pytest.fixture
def full(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its folder, in which there is room for one piece."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
    written: list[int] = []
    receive = TemporaryFileUploadHandler.receive_data_chunk

    def fill(self: Any, raw_data: bytes, start: int) -> None:
        receive(self, raw_data, start)
        written.append(len(raw_data))
        if len(written) > 1:
            assert list(tmp_path.iterdir()), "the upload is not written to the folder"
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", fill)
    return tmp_path


def upload() -> dict[str, Any]:
    return {"images": SimpleUploadedFile("a.zip", b"x" * 200_000)}


def test_the_import_page_says_so(client: Client, owner: User, study: Study, full: Path) -> None:
    client.force_login(owner)
    answer = client.post(f"/studies/{study.slug}/import/", upload())
    assert answer.status_code == 507
    assert TOLD in answer.content.decode()
    assert 'id="import-form"' in answer.content.decode()
    assert list(full.iterdir()) == []
    assert not ImportJob.objects.exists()


def test_the_api_says_so(client: Client, owner: User, study: Study, full: Path) -> None:
    client.force_login(owner)
    answer = client.post(f"/api/v1/studies/{study.slug}/imports/", upload())
    assert answer.status_code == 507
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "upload_not_kept"
    assert TOLD in answer.json()["detail"]
    assert list(full.iterdir()) == []


def test_any_other_page_says_so(owner: User, study: Study, full: Path) -> None:
    """Where the form is read by whoever looks for its token."""
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(owner)
    client.cookies["csrftoken"] = "a" * 32
    answer = client.post(f"/studies/{study.slug}/settings/", upload())
    assert answer.status_code == 507
    assert TOLD in answer.content.decode()
    assert list(full.iterdir()) == []
