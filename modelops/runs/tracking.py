"""Versions told to an MLflow tracking server, if MLFLOW_TRACKING_URI names one.

By its REST API (https://mlflow.org/docs/latest/rest-api.html): five requests, for which MLflow's
own client would bring thirty packages. A version is one run of its study's experiment, found again
by its tag, so that telling it twice changes nothing.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import redis.exceptions
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from ..models import ModelVersion
from ..registry.cards import model_card
from ..registry.holdout import Standing, standing_of

#: The task that tells one version.
TRACK = "modelops.tasks.track_version"
#: The run's tag by which it is found again.
VERSION_TAG = "mint.version"
_API = "/api/2.0/mlflow/"
_SECONDS = 10.0
#: After one try in vain no version is tried for so long: else each of many would hold a worker up.
_PAUSE = timedelta(seconds=30)
#: Where the last try in vain is kept, and for how many seconds.
_TROUBLE, _KEPT_SECONDS = "mlflow-trouble", 24 * 60 * 60
#: Bytes that all stores of MLflow take as the value of a tag.
_MOST_BYTES = 5000


class TrackingError(Exception):
    """The tracking server refused a request; the message is its own."""


@dataclass(frozen=True)
class Trouble:
    """When the server could last not be told, and why not."""

    at: datetime
    error: str


def trouble() -> Trouble | None:
    """None if it was told since, or for a day nothing was to be told."""
    if not is_tracked():
        return None
    with suppress(redis.exceptions.RedisError):
        found: Trouble | None = cache.get(_TROUBLE)
        return found
    return None


def is_tracked() -> bool:
    return bool(settings.MLFLOW_TRACKING_URI)


def track(version: ModelVersion) -> str:
    """Tells the server a version's recipe, how it agrees with the hold-out's labels of now, and its
    card; the id of its run there.

    Raises httpx.HTTPError if the server cannot be reached, or could not a moment ago, TrackingError
    if it refuses.
    """
    before = trouble()
    if before is not None and timezone.now() - before.at < _PAUSE:
        raise httpx.ConnectError(before.error)
    try:
        run = _track(version)
    except httpx.HTTPError as error:
        _note(Trouble(timezone.now(), f"{type(error).__name__}: {error}".partition("\n")[0]))
        raise
    except TrackingError as error:
        # Not for every version: the next one is told as if nothing were the matter.
        _note(Trouble(timezone.now() - _PAUSE, str(error)))
        raise
    _note(None)
    return run


def _note(trouble: Trouble | None) -> None:
    with suppress(redis.exceptions.RedisError):
        cache.set(_TROUBLE, trouble, _KEPT_SECONDS)


def _track(version: ModelVersion) -> str:
    token = settings.MLFLOW_TRACKING_TOKEN
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    base = settings.MLFLOW_TRACKING_URI.rstrip("/")
    with httpx.Client(base_url=base, headers=headers, timeout=_SECONDS) as client:
        server = _Server(client)
        run = server.run_of(server.experiment(f"MINT {version.study.slug}"), version)
        server.post("runs/log-batch", {"run_id": run, **_facts(version)})
        end = _milliseconds(version.created_at)
        server.post("runs/update", {"run_id": run, "status": "FINISHED", "end_time": end})
    return run


class _Server:
    """The requests that are made."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return _answer(self._client.post(_API + path, json=body))

    def experiment(self, name: str) -> str:
        """The id of the experiment of that name, which is made if there is none."""
        found = self._client.get(_API + "experiments/get-by-name", params={"experiment_name": name})
        if found.status_code == httpx.codes.NOT_FOUND:
            return str(self.post("experiments/create", {"name": name})["experiment_id"])
        return str(_answer(found)["experiment"]["experiment_id"])

    def run_of(self, experiment: str, version: ModelVersion) -> str:
        """The id of the version's run, which is made if there is none."""
        asked = {
            "experiment_ids": [experiment],
            "filter": f"tags.`{VERSION_TAG}` = '{version.number}'",
            "max_results": 1,
        }
        for run in self.post("runs/search", asked).get("runs", []):
            return str(run["info"]["run_id"])
        new = {
            "experiment_id": experiment,
            "run_name": f"{version.predictor.name} {version.number}",
            "start_time": _milliseconds(version.training_run.created_at),
            "tags": _pairs({VERSION_TAG: version.number}),
        }
        return str(self.post("runs/create", new)["run"]["info"]["run_id"])


def _answer(response: httpx.Response) -> dict[str, Any]:
    """Raises httpx.HTTPStatusError if the server is in trouble, TrackingError if it refuses."""
    if response.is_server_error:
        response.raise_for_status()
    if response.is_error:
        raise TrackingError(f"MLflow answered {response.status_code}: {response.text[:500]}")
    found: dict[str, Any] = response.json()
    return found


def _facts(version: ModelVersion) -> dict[str, Any]:
    snapshot = version.snapshot
    tags = {
        "mint.study": version.study.slug,
        "mint.predictor": version.predictor.name,
        "mint.strategy": version.predictor.strategy,
        "mint.labels_sha256": snapshot.content_sha256,
        "mint.split_sha256": snapshot.split_sha256,
        "mint.backbone_sha256": version.backbone_sha256,
        # What MLflow shows as the run's description.
        "mlflow.note.content": _cut(model_card(version)),
    }
    params = {"backbone": version.predictor.backbone, **version.training_run.recipe}
    return {
        "params": _pairs(params),
        "tags": _pairs(tags),
        "metrics": list(_metrics(version, standing_of(version))),
    }


def _metrics(version: ModelVersion, standing: Standing) -> Iterator[dict[str, Any]]:
    measured = {
        f"{name}.{key}": value
        for key, agreement in standing.agreements.items()
        for name, value in agreement.to_json().items()
    }
    measured |= {"srcc": standing.srcc, "ratings": version.snapshot.ratings}
    for name, value in measured.items():
        if value is not None:
            at = _milliseconds(version.created_at)
            yield {"key": name, "value": float(value), "timestamp": at, "step": 0}


def _pairs(values: dict[str, Any]) -> list[dict[str, str]]:
    return [{"key": key, "value": str(value)} for key, value in values.items()]


def _cut(text: str) -> str:
    return text.encode()[:_MOST_BYTES].decode(errors="ignore")


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
