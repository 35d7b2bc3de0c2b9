"""A model of a hub: huggingface_hub itself fetches it at one commit, from a hub of this file."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from modelops.predictors.image_text_kind import IMAGE_TEXT
from workbench.core.errors import MintError

COMMIT, OTHER = "a" * 40, "b" * 40


class Hub(ThreadingHTTPServer):
    """Serves the files of one folder as `someone/clip` at COMMIT; `someone/gated` is gated."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.files |= {"pytorch_model.bin": b"a pickle", "evil.py": b"raise SystemExit"}
        self.asked: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        path = self.path.partition("?")[0]
        if path == f"/api/models/someone/clip/tree/{COMMIT}":
            listed = [_entry(name, data) for name, data in self.server.files.items()]
            self._answer(200, json.dumps(listed).encode())
        elif path.startswith(f"/someone/clip/resolve/{COMMIT}/"):
            data = self.server.files[path.rpartition("/")[2]]
            etag = f'"{hashlib.sha1(data).hexdigest()}"'  # as git names blobs
            self._answer(200, data, {"ETag": etag, "X-Repo-Commit": COMMIT})
        elif "someone/clip" in path:
            self._answer(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        elif "someone/gated" in path:
            self._answer(403, b"{}", {"X-Error-Code": "GatedRepo"})
        else:
            self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    do_HEAD = do_GET  # noqa: N815  # the name that the library looks for

    def _answer(self, status: int, body: bytes, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


def _entry(name: str, data: bytes) -> dict[str, object]:
    oid = hashlib.sha1(data).hexdigest()  # as git names blobs
    return {"type": "file", "path": name, "size": len(data), "oid": oid}


@pytest.fixture
def hub(folders: dict[str, Path]) -> Iterator[Hub]:
    server = Hub(folders["clip"])
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def reached(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hub:
    """As HF_ENDPOINT and HF_HOME, which the library reads when it is imported, would have it."""
    from huggingface_hub import constants

    address = f"http://127.0.0.1:{hub.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(
        constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        address + "/{repo_id}/resolve/{revision}/{filename}",
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return hub


def refused(weights: str) -> str:
    with pytest.raises(MintError) as caught:
        IMAGE_TEXT.start(weights, device="cpu", precision="float32")
    return caught.value.message


def test_a_commit_is_fetched_once_without_pickles_and_programs(
    reached: Hub, folders: dict[str, Path], images: list[Path]
) -> None:
    weights = f"someone/clip@{COMMIT}"
    with pytest.raises(MintError, match="is not on this machine"):
        IMAGE_TEXT.reader(weights)  # nothing is fetched for it
    assert reached.asked == []

    fetched = IMAGE_TEXT.start(weights, device="cpu", precision="float32")

    local = IMAGE_TEXT.start(str(folders["clip"]), device="cpu", precision="float32")
    assert fetched.sha256 == local.sha256
    prompts = ["a red circle"] * len(images)
    assert (fetched.embed(images, prompts).values == local.embed(images, prompts).values).all()
    assert not [path for path in reached.asked if path.endswith((".bin", ".py"))]
    (reading,) = IMAGE_TEXT.reader(weights).read(["a red circle"])
    assert (reading.limit, reading.cut) == (12, False)

    reached.shutdown()
    reached.server_close()  # what is here is used without the hub
    assert IMAGE_TEXT.start(weights, device="cpu", precision="float32").sha256 == local.sha256


def test_what_the_hub_refuses_is_named_with_the_fix(reached: Hub) -> None:
    gone = refused(f"someone/clip@{OTHER}")
    assert f"someone/clip has no commit {OTHER}" in gone
    gated = refused(f"someone/gated@{COMMIT}")
    assert "someone/gated is gated: accept its conditions at" in gated
    assert "HF_TOKEN" in gated
    absent = refused(f"nobody/absent@{COMMIT}")
    assert "has no model nobody/absent" in absent


def test_a_hub_that_cannot_be_reached(reached: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _seconds: None)
    reached.shutdown()
    reached.server_close()
    told = refused(f"someone/clip@{COMMIT}")
    assert "cannot be reached" in told
    assert f"hf download someone/clip --revision {COMMIT} --local-dir FOLDER" in told


def test_a_machine_that_is_told_to_stay_offline(tmp_path: Path) -> None:
    """In a process of its own: the library reads HF_HUB_OFFLINE when it is imported."""
    program = (
        "from modelops.predictors.image_text_kind import IMAGE_TEXT\n"
        f"IMAGE_TEXT.reader('someone/clip@{COMMIT}')\n"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "cannot be reached" in done.stderr
