"""Which acts of the audit trail receivers are told of, and in which words.

A payload has identifiers and counts: never a name, a link or a token. What an event's `data` holds
may grow; nothing in it changes its meaning. Floors above register their acts in TOLD.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..models.webhook import EventType

Data = dict[str, Any]
Detail = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    event: EventType
    #: The payload's `data` from an act's detail, without the study.
    data: Callable[[Detail], Data]


def _rater(detail: Detail, *, stopped: bool) -> Data:
    return {"rater": detail["rater"], "rules": detail["rules"], "stopped": stopped}


def _ratings(detail: Detail, *, complete: bool) -> Data:
    return {"ratings": detail["ratings"], "complete": complete}


def job_over(action: str, name: str, **more: str) -> Callable[[Detail], Data]:
    """`action`: `kind.state`. `name`: what the API calls such a job; `more` comes before it."""
    state = action.rpartition(".")[2]
    return lambda detail: {**more, name: detail["job"], "state": state}


def _dataset(state: str) -> Callable[[Detail], Data]:
    return lambda detail: {"dataset": detail["number"], "state": state}


#: Action → what is told of it.
TOLD: dict[str, Told] = {
    "ratings.reached": Told(
        EventType.RATINGS_MILESTONE, lambda detail: _ratings(detail, complete=False)
    ),
    "ratings.complete": Told(
        EventType.RATINGS_MILESTONE, lambda detail: _ratings(detail, complete=True)
    ),
    "rater.flagged": Told(EventType.RATER_FLAGGED, lambda detail: _rater(detail, stopped=False)),
    "rater.stopped": Told(EventType.RATER_FLAGGED, lambda detail: _rater(detail, stopped=True)),
    "release.made": Told(
        EventType.RELEASE_MADE,
        lambda detail: {"release": detail["number"], "method": detail["method"]},
    ),
    **{
        f"dataset.{state}": Told(EventType.DATASET_FINISHED, _dataset(state))
        for state in ("succeeded", "failed", "cancelled")
    },
    **{
        action: Told(EventType.IMPORT_FINISHED, job_over(action, "import"))
        for action in ("import.succeeded", "import.failed", "import.cancelled")
    },
}


def payload(event: EventType, *, at: datetime, study: str, data: Mapping[str, Any]) -> str:
    """The body of a delivery: minified JSON. `study`: its slug."""
    told = {
        "type": str(event),
        "timestamp": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {"study": study, **data},
    }
    return json.dumps(told, separators=(",", ":"))
