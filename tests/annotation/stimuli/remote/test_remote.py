"""Remote sources against a server on loopback that is allowed by name."""

import io
import json
import socket
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError
from django.test import Client
from pytest_django.fixtures import Settings

from annotation.models import ImportJob, Stimulus, Study
from annotation.stimuli.imports.jobs import run_import_job
from annotation.stimuli.remote.addresses import Allowed
from annotation.stimuli.remote.buckets import fetch_bucket
from annotation.stimuli.remote.errors import RemoteError
from annotation.stimuli.remote.https import fetch_file
from annotation.stimuli.remote.hub import fetch_dataset
from tests.annotation.stimuli.files import picture
from tests.annotation.stimuli.imports.test_mappings import run
from tests.conftest import Sent
from workbench.accounts.models import User

TABLE = b"filename,prompt,generator,mos_quality\n0.png,a cat,G,0.5\n1.png,a dog,G,1\n"
_LISTING = """<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>
<Contents><Key>db/t.csv</Key><Size>%d</Size></Contents>
<Contents><Key>db/../../x.csv</Key><Size>1</Size></Contents></ListBucketResult>"""


class _Server(BaseHTTPRequestHandler):
    #: Path → status, body, headers.
    answers: dict[str, tuple[int, bytes, dict[str, str]]] = {}

    def do_GET(self) -> None:
        status, body, headers = self.answers.get(self.path.partition("?")[0], (404, b"", {}))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_args: Any) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    found = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    answers = {
        "/t.csv": (200, TABLE, {}),
        "/plums.zip": (200, _plums(), {}),
        "/there": (302, b"", {"Location": "/t.csv"}),
        "/round": (302, b"", {"Location": "/round"}),
        "/away": (302, b"", {"Location": "http://127.0.0.2/t.csv"}),
        "/secret": (403, b"no", {}),
        "/huge": (200, b"", {"Content-Length": "9999999"}),
        "/api/datasets/o/n/tree/main": (200, _tree(), {}),
        "/datasets/o/n/resolve/main/data/t.csv": (200, TABLE, {}),
    }
    monkeypatch.setattr(_Server, "answers", answers)
    threading.Thread(target=found.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{found.server_port}"
    found.shutdown()
    found.server_close()


def _tree() -> bytes:
    files = [("data/t.csv", len(TABLE)), ("README.md", 5), (".gitattributes", 5)]
    listed = [{"type": "file", "path": path, "size": size} for path, size in files]
    return json.dumps([{"type": "directory", "path": "data", "size": 0}, *listed]).encode()


def test_what_is_allowed_is_fetched_and_redirects_are_followed(server: str, tmp_path: Path) -> None:
    allowed = Allowed((server,))
    assert fetch_file(f"{server}/t.csv", tmp_path, allowed).read_bytes() == TABLE
    assert fetch_file(f"{server}/there", tmp_path, allowed).name == "there"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/away", r"127\.0\.0\.2/t\.csv is not among the sources"),
        ("/round", "redirects more than 5 times"),
        ("/secret", "answered with the status 403; nothing was imported; allow the workbench"),
        ("/none", "answered with the status 404"),
        ("/huge", "is larger than 1 MiB"),
    ],
)
def test_what_goes_wrong_is_named(server: str, tmp_path: Path, path: str, message: str) -> None:
    with pytest.raises(RemoteError, match=message):
        fetch_file(f"{server}{path}", tmp_path, Allowed((server,), most_bytes=2**20))


@pytest.mark.parametrize(
    ("entries", "address", "allowed"),
    [
        ((), "https://data.org/t.csv", False),
        (("https://data.org",), "https://data.org/t.csv", True),
        (("https://data.org",), "http://data.org/t.csv", False),
        (("https://data.org",), "https://data.org:8443/t.csv", False),
        (("https://data.org",), "https://data.org.evil.com/t.csv", False),
        (("https://*.data.org",), "https://a.data.org/t.csv", True),
        (("https://*.data.org",), "https://evildata.org/t.csv", False),
        (("s3://b/one",), "s3://b/one/two", True),
        (("s3://b/one",), "s3://b/onetwo", False),
        (("s3://b",), "s3://c/x", False),
        (("hf:owner",), "hf:owner/name", True),
        (("hf:owner/name",), "hf:owner/names", False),
    ],
)
def test_only_what_is_listed_may_be_read(
    entries: tuple[str, ...], address: str, allowed: bool
) -> None:
    if allowed:
        assert Allowed(entries).check(address)
        return
    with pytest.raises(RemoteError, match="is not among the sources"):
        Allowed(entries).check(address)


@pytest.mark.parametrize(
    "address", ["https://", "ftp://a/b", "https://u:p@a/b", "https://a/\n", "file:///etc/passwd"]
)
def test_what_is_no_address_is_named(address: str) -> None:
    with pytest.raises(RemoteError, match="is no address that can be read"):
        Allowed((address,)).check(address)


@pytest.mark.parametrize("entry", ["https://*.data.org", "https://a.data.org"])
def test_a_name_that_means_the_own_network_is_refused_when_connecting(
    tmp_path: Path, entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it is listed."""
    asked: list[str] = []

    def resolve(host: str, port: int, **_more: Any) -> list[Any]:
        asked.append(f"{host}:{port}")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(RemoteError, match=r"a\.data\.org/t\.csv is in a private network"):
        fetch_file("https://a.data.org/t.csv", tmp_path, Allowed((entry,)))
    assert asked == ["a.data.org:443"]


def test_a_bucket_s_prefix_and_its_refusal(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"endpoint_url": server, "access_key": "a", "secret_key": "b"}
    allowed = Allowed(("s3://bucket",))
    monkeypatch.setitem(_Server.answers, "/bucket", (403, b"", {}))
    with pytest.raises(RemoteError, match="s3://bucket/db answered with the status 403; nothing"):
        fetch_bucket("s3://bucket/db", tmp_path, allowed, options)
    listing = _LISTING % len(TABLE)
    monkeypatch.setitem(_Server.answers, "/bucket", (200, listing.encode(), {}))
    with pytest.raises(RemoteError, match="whose name points outside it"):
        fetch_bucket("s3://bucket/db", tmp_path, allowed, options)
    first = listing.replace("db/../../x.csv", "db2/x.csv").encode()
    monkeypatch.setitem(_Server.answers, "/bucket", (200, first, {}))
    monkeypatch.setitem(_Server.answers, "/bucket/db/t.csv", (200, TABLE, {}))
    assert fetch_bucket("s3://bucket/db", tmp_path, allowed, options) == tmp_path
    assert (tmp_path / "t.csv").read_bytes() == TABLE
    assert not (tmp_path / "x.csv").exists()
    with pytest.raises(RemoteError, match="is larger than"):
        fetch_bucket("s3://bucket/db", tmp_path, Allowed(allowed.entries, 9), options)


def test_a_dataset_of_the_hub_is_its_tables_and_images(server: str, tmp_path: Path) -> None:
    allowed = Allowed(("hf:o/n",), hub=server)
    assert fetch_dataset("hf:o/n", tmp_path, allowed) == tmp_path
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")] == ["data/t.csv"]
    with pytest.raises(RemoteError, match="status 404"):
        fetch_dataset("hf:o/n@other", tmp_path, allowed)


@pytest.mark.django_db
def test_the_command_reads_an_address_if_an_operator_lists_it(
    study: Study, server: str, settings: Settings
) -> None:
    with pytest.raises(CommandError, match="is not among the sources that this server may read"):
        run("import_labels", "demo", f"{server}/t.csv")
    settings.IMPORT_REMOTE = [server]
    with pytest.raises(CommandError, match="status 403"):
        run("import_labels", "demo", f"{server}/secret")
    assert not Stimulus.objects.exists()
    assert "2 imported" in run("import_labels", "demo", f"{server}/t.csv")


@pytest.mark.django_db
def test_the_page_and_the_api_take_an_address_if_an_operator_lists_it(
    study: Study,
    owner: User,
    administrator: User,
    client: Client,
    sent: Sent,
    server: str,
    settings: Settings,
) -> None:
    client.force_login(owner)
    page, api = "/studies/demo/import/", "/api/v1/studies/demo/imports/"
    # An owner reads what to ask for, an administrator what to set.
    to_owner = client.get(page).content.decode()
    assert "ask an administrator of this site to allow that source" in to_owner
    assert "IMPORT_REMOTE" not in to_owner
    client.force_login(administrator)
    assert "<code>IMPORT_REMOTE</code>" in client.get(page).content.decode()
    client.force_login(owner)
    refused = client.post(api, {"address": f"{server}/t.csv"})
    assert "is not among the sources" in refused.json()["errors"]["address"][0]
    assert not ImportJob.objects.exists()

    settings.IMPORT_REMOTE = [server]
    shown = client.get(page).content.decode()
    assert 'name="address"' in shown
    assert f"<code>{server}</code>" in shown
    away = client.post(page, {"purpose": "main", "address": "https://elsewhere.example/t.csv"})
    assert b"this server may read; ask an administrator of this site" in away.content
    both = {"address": f"{server}/t.csv", "manifest": SimpleUploadedFile("m.csv", TABLE)}
    assert "leave one of them out" in client.post(api, both).json()["errors"]["address"][0]

    failed = done(client.post(page, {"purpose": "main", "address": f"{server}/secret"}))
    assert "status 403" in client.get(failed.get_absolute_url()).content.decode()
    given = {"purpose": "main", "address": f"{server}/t.csv", "labels_only": "on", "dry_run": "on"}
    tried = done(client.post(page, given))
    assert (tried.state, tried.imported) == ("succeeded", 2)
    assert not Stimulus.objects.exists()
    # The dry run's address is asked again.
    made = done(client.post(f"{tried.get_absolute_url()}retry/"))
    assert (made.state, made.imported, made.address) == ("succeeded", 2, "")
    # Images without a manifest say themselves what they are.
    images = done(client.post(api, {"address": f"{server}/plums.zip"}))
    assert (images.state, images.imported, images.mapping) == ("succeeded", 1, {})
    assert Stimulus.objects.get(prompt__text="a plum").generator.name == "SDXL"


def done(answer: Any) -> ImportJob:
    assert answer.status_code in (202, 302), answer.content.decode()
    job = ImportJob.objects.get(state="queued")
    run_import_job(job_id=job.pk)
    job.refresh_from_db()
    return job


def _plums() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("plums/1.png", picture(1))
        archive.writestr("plums/1.txt", "a plum\nSteps: 20, Sampler: Euler a, Model: SDXL")
    return stream.getvalue()
