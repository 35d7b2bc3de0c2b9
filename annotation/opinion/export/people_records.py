"""Sittings and raters as the export's tables have them."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count

from ...models import AuditEntry, Rater, Study, SubjectEstimate
from ...studies.counting import counting_trials
from ...studies.sittings import minutes_between, sittings
from .formats import Record
from .people import ESTIMATE, viewing

#: (Rater, perspective's key) → what a release says of them.
Estimates = Mapping[tuple[int, str], SubjectEstimate]


def session_records(study: Study) -> Iterator[Record]:
    """In the order of their keys."""
    found = sittings().filter(rater__study=study).select_related("rater", "protocol")
    for row in found.order_by("pk").iterator(chunk_size=500):
        yield _sitting(row)


def rater_records(
    study: Study, keys: tuple[str, ...], weights: Mapping[int, float], estimates: Estimates
) -> Iterator[Record]:
    """Of those who have sat, in the order of joining. keys: the perspectives'; weights: of raters
    that are not in it, 1."""
    totals, reasons = _totals(study), _exclusions(study)
    ratings = dict(
        counting_trials(study).order_by().values_list("rater_id").annotate(n=Count("pk"))
    )
    for rater in Rater.objects.filter(study=study, pk__in=totals).order_by("pk"):
        excluded = rater.status == Rater.Status.EXCLUDED
        at, reason = reasons.get(rater.code, (None, None)) if excluded else (None, None)
        yield {
            "rater": rater.code,
            "source": rater.source or None,
            "excluded": excluded,
            "excluded_at_utc": at,
            "exclusion_reason": reason,
            "weight": weights.get(rater.pk, 1.0),
            **totals[rater.pk],
            "ratings": ratings.get(rater.pk, 0),
            **_estimated(rater.pk, keys, estimates),
        }


def _sitting(row: Any) -> Record:
    return {
        "session": row.pk,
        "rater": row.rater.code,
        "protocol": row.protocol.number,
        "state": row.state,
        "seed": row.seed,
        "consented_at_utc": row.consented_at,
        "begun_at_utc": row.begun_at,
        "last_answer_at_utc": row.last,
        "ended_at_utc": row.ended_at,
        "minutes": minutes_between(row.begun_at, row.last),
        "answered": row.answered,
        "skipped": row.skipped,
        "times_away": row.away,
        "windows": row.windows,
        "stopped_by": json.dumps(row.stopped_by, ensure_ascii=False),
        **viewing(row.client),
    }


def _totals(study: Study) -> dict[int, dict[str, Any]]:
    """By rater."""
    found: dict[int, dict[str, Any]] = defaultdict(
        lambda: {"sessions": 0, "minutes": 0.0, "answered": 0, "skipped": 0}
    )
    rows: Any = sittings().filter(rater__study=study).order_by("pk")
    for rater, begun, last, answered, skipped in rows.values_list(
        "rater_id", "begun_at", "last", "answered", "skipped"
    ):
        total = found[rater]
        total["sessions"] += 1
        total["minutes"] += minutes_between(begun, last)
        total["answered"] += answered
        total["skipped"] += skipped
    return found


def _exclusions(study: Study) -> dict[str, tuple[datetime, str]]:
    """Rater's code → when they were excluded the last time, and why."""
    acts = AuditEntry.objects.filter(study=study, action=f"rater.{Rater.Status.EXCLUDED}")
    return {
        act.detail["rater"]: (act.created_at, act.detail.get("reason", ""))
        for act in acts.order_by("created_at", "pk")
    }


def _estimated(rater: int, keys: tuple[str, ...], estimates: Estimates) -> dict[str, Any]:
    """Empty texts say nothing; a bias of 0 does."""
    found = {
        f"{name}_{key}": getattr(estimates.get((rater, key)), name, None)
        for key in keys
        for name, *_column in ESTIMATE
    }
    return {name: None if value == "" else value for name, value in found.items()}
