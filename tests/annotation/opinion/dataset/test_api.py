"""Dataset releases by the API: asked for, and downloaded by a client that is interrupted."""

import hashlib
from typing import Any

import pytest
from django.test import Client

from annotation.models import AuditEntry, DatasetRelease, Stimulus, Study
from annotation.opinion.dataset.jobs import run_dataset_job
from workbench.accounts.models import ApiToken, TokenScope, User

from .asked import SAID, ask

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/studies/demo/datasets/"


def token(owner: User, *scopes: str) -> dict[str, str]:
    _token, secret = ApiToken.objects.create(owner, name="test", scopes=list(scopes))
    return {"Authorization": f"Token {secret}"}


def test_one_is_asked_for_listed_and_cancelled(
    client: Client, study: Study, owner: User, stimuli: list[Stimulus]
) -> None:
    client.force_login(owner)
    asked: dict[str, Any] = {**SAID, "release": study.opinion_releases.get(name="first").number}
    made = client.post(ADDRESS, asked, "application/json")
    assert (made.status_code, made.json()["version"]) == (202, "1.0.0")
    again = client.post(ADDRESS, asked, "application/json")
    assert (again.status_code, again.json()["code"]) == (409, "dataset_active")
    assert client.post(f"{ADDRESS}1/cancel/").json()["state"] == "cancelled"
    assert client.post(f"{ADDRESS}1/cancel/").json()["code"] == "dataset_over"
    (listed,) = client.get(ADDRESS).json()["results"]
    assert listed == client.get(f"{ADDRESS}1/").json()
    assert listed["described"]["title"] == "Foxes"
    wrong = client.post(ADDRESS, {**asked, "creators": []}, "application/json")
    assert wrong.status_code == 400


def test_a_download_goes_on_where_it_broke_off(
    client: Client, study: Study, owner: User, stimuli: list[Stimulus]
) -> None:
    job = ask(study, owner)
    address, may = f"{ADDRESS}1/archive/", token(owner, TokenScope.EXPORT)
    assert client.get(address, headers=may).status_code == 404
    run_dataset_job(job.pk)
    job.refresh_from_db()
    first = client.get(address, headers=may)
    assert (first.status_code, int(first["Content-Length"])) == (200, job.size)
    assert first["Content-Disposition"] == 'attachment; filename="demo-1.0.0.zip"'
    # The line goes in the middle; the client asks for the rest of that very file.
    have = first.getvalue()[: job.size // 2]
    asks = {**may, "Range": f"bytes={len(have)}-", "If-Range": first["ETag"]}
    rest = client.get(address, headers=asks)
    assert rest.status_code == 206
    assert rest["Content-Range"] == f"bytes {len(have)}-{job.size - 1}/{job.size}"
    assert hashlib.sha256(have + rest.getvalue()).hexdigest() == job.archive_sha256
    # Of another file than it began with it gets all; behind the end there is nothing.
    other = client.get(address, headers={**asks, "If-Range": '"another"'})
    assert (other.status_code, len(other.getvalue())) == (200, job.size)
    end = client.get(address, headers={**may, "Range": f"bytes={job.size}-"})
    assert (end.status_code, end["Content-Range"]) == (416, f"bytes */{job.size}")
    # What goes on is no other download.
    assert AuditEntry.objects.filter(action="dataset.downloaded").count() == 1
    assert client.get(address, headers=token(owner, TokenScope.READ)).status_code == 403
    assert DatasetRelease.objects.get().is_ready
