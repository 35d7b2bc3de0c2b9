"""Versions told to MLflow: to a stand-in that answers as the server of mlflow 3 was seen to."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from celery.exceptions import Retry
from pytest_django.fixtures import Settings

from modelops.models import ModelVersion
from modelops.registry.holdout import standing_of
from modelops.runs import tracking
from modelops.runs.tracking import TrackingError, track
from modelops.tasks import track_version
from workbench.celery import app

ADDRESS = "https://mlflow.example.org/"


class Mlflow:
    """Experiments and runs, by the documented requests; anything else is a 404."""

    def __init__(self) -> None:
        self.experiments: dict[str, str] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        act = request.url.path.removeprefix("/api/2.0/mlflow/").replace("/", "_").replace("-", "_")
        answer = getattr(self, act, None)
        if answer is None:
            return httpx.Response(404, json={"error_code": "ENDPOINT_NOT_FOUND"})
        if request.method == "GET":
            asked: Any = {key: it[0] for key, it in parse_qs(request.url.query.decode()).items()}
        else:
            assert request.headers["content-type"] == "application/json"
            asked = json.loads(request.content)
        status, body = answer(asked)
        return httpx.Response(status, json=body)

    def experiments_get_by_name(self, asked: dict[str, Any]) -> tuple[int, Any]:
        name = asked["experiment_name"]
        if name not in self.experiments:
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST"}
        return 200, {"experiment": {"experiment_id": self.experiments[name], "name": name}}

    def experiments_create(self, asked: dict[str, Any]) -> tuple[int, Any]:
        return 200, {"experiment_id": self.experiments.setdefault(asked["name"], "7")}

    def runs_search(self, asked: dict[str, Any]) -> tuple[int, Any]:
        key, value = asked["filter"].split(" = ")
        wanted = {"key": key.removeprefix("tags.").strip("`"), "value": value.strip("'")}
        found = [run for run in self.runs.values() if wanted in run["tags"]]
        return 200, {"runs": found} if found else {}

    def runs_create(self, asked: dict[str, Any]) -> tuple[int, Any]:
        info = {"run_id": f"run{len(self.runs)}", "run_name": asked["run_name"]}
        self.runs[info["run_id"]] = {"info": info, "tags": asked["tags"]}
        return 200, {"run": self.runs[info["run_id"]]}

    def runs_log_batch(self, asked: dict[str, Any]) -> tuple[int, Any]:
        for kind in ("params", "metrics", "tags"):
            self.runs[asked["run_id"]].setdefault(kind, []).extend(asked[kind])
        return 200, {}

    def runs_update(self, asked: dict[str, Any]) -> tuple[int, Any]:
        self.runs[asked["run_id"]]["info"] |= asked
        return 200, {}


@pytest.fixture
def mlflow(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Mlflow:
    tracking._note(None)  # what another test has left
    server, client = Mlflow(), httpx.Client
    settings.MLFLOW_TRACKING_URI, settings.MLFLOW_TRACKING_TOKEN = ADDRESS, "opens-it"
    monkeypatch.setattr(
        "modelops.runs.tracking.httpx.Client",
        lambda **given: client(transport=httpx.MockTransport(server), **given),
    )
    return server


def test_a_version_is_a_run_with_its_recipe_and_its_agreement(
    scored: ModelVersion, mlflow: Mlflow
) -> None:
    assert track(scored) == "run0"
    (run,) = mlflow.runs.values()
    assert mlflow.experiments == {"MINT demo": "7"}
    assert (run["info"]["run_name"], run["info"]["status"]) == ("tiny 1", "FINISHED")
    params = {it["key"]: it["value"] for it in run["params"]}
    assert (params["backbone"], params["epochs"], params["frozen_qformer"]) == ("tiny", "0", "True")
    metrics = {it["key"]: it["value"] for it in run["metrics"]}
    agreement = standing_of(scored).agreements["quality"]
    assert (metrics["srcc.quality"], metrics["n.quality"]) == (agreement.srcc, 6)
    tags = {it["key"]: it["value"] for it in run["tags"]}
    assert tags["mint.labels_sha256"] == scored.snapshot.content_sha256
    assert "# Demo: version 1 of tiny" in tags["mlflow.note.content"]
    assert len(tags["mlflow.note.content"].encode()) <= 5000
    assert {it.headers["authorization"] for it in mlflow.asked} == {"Bearer opens-it"}


def test_telling_a_version_again_makes_no_second_run(scored: ModelVersion, mlflow: Mlflow) -> None:
    assert track(scored) == track(scored)
    assert len(mlflow.runs) == len(mlflow.experiments) == 1


def test_a_refusal_is_said_in_the_servers_words_and_trouble_is_tried_again(
    scored: ModelVersion, mlflow: Mlflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = 403, {"message": "no access to this workspace"}
    monkeypatch.setattr(Mlflow, "experiments_create", lambda self, asked: refused)
    with pytest.raises(TrackingError, match=r"MLflow answered 403: .*no access to this workspace"):
        track(scored)
    monkeypatch.setattr(Mlflow, "experiments_create", lambda self, asked: (503, {}))
    with pytest.raises((Retry, httpx.HTTPStatusError)):
        track_version(scored.pk)


def test_who_names_no_server_tells_nobody(scored: ModelVersion, settings: Settings) -> None:
    assert not tracking.is_tracked()
    settings.MLFLOW_TRACKING_URI = ADDRESS
    assert tracking.is_tracked()


def test_a_server_that_is_away_is_left_alone_for_a_moment_and_told_of(
    scored: ModelVersion, mlflow: Mlflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: Mlflow, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        raise httpx.ReadTimeout("timed out")

    monkeypatch.setattr(Mlflow, "__call__", away)
    with pytest.raises(httpx.ReadTimeout):
        track(scored)
    asked = len(mlflow.asked)
    with pytest.raises(httpx.ConnectError, match="ReadTimeout: timed out"):
        track(scored)
    assert len(mlflow.asked) == asked
    found = tracking.trouble()
    assert found is not None
    assert found.error == "ReadTimeout: timed out"
    monkeypatch.undo()
    monkeypatch.setattr(tracking, "_PAUSE", timedelta(0))
    monkeypatch.setattr(tracking, "_track", lambda version: "run0")
    assert track(scored) == "run0"
    assert tracking.trouble() is None


def test_no_task_waits_longer_than_the_broker_keeps_what_it_handed_out(settings: Settings) -> None:
    """It would be handed out again and again, and each copy would ask for more of them."""
    app.loader.import_default_modules()
    ours = [it for name, it in app.tasks.items() if not name.startswith("celery.")]
    retried = [it for it in ours if getattr(it, "autoretry_for", ())]
    assert track_version.name in {it.name for it in retried}
    for task in retried:
        longest = getattr(task, "retry_backoff_max", 600)
        delay = longest if getattr(task, "retry_backoff", False) else task.default_retry_delay
        timeout = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
        assert delay <= timeout / 2, task.name
