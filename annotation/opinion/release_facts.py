"""What a release of the study's own opinion scores rests on, and how its scores are distributed:
for pages and for a paper's Methods section."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from django.core.cache import cache
from django.db import connection
from django.db.models import Count

from ..models import OpinionRelease, Perspective, Rater, ReleaseRecord, Study
from ..protocol.verdicts import Verdict
from ..studies.counting import counting_trials, excluded_images
from .copying import FLOAT, INTEGER, copy_out, copy_rows
from .correlation import Floats, Integers
from .distributions import Disagreement, Distribution, disagreement, distribution
from .recording import recorded_scores
from .reporting import Collection, Exclusions, RatedScale, Report
from .votes import limits_of

_KEPT_SECONDS = 3600
#: Images at each end.
_EXTREMES = 5

Found = TypeVar("Found")
#: Stimulus and rater of the trials that a kept release rests on.
_RECORDED = """
SELECT stimulus_id, rater_id FROM annotation_trial
WHERE id IN (SELECT trial_id FROM annotation_score WHERE id = ANY(%s))
"""


def report_of(release: OpinionRelease) -> Report:
    """All that a paper says of it. What was erased since from a kept release is not counted."""
    return Report(
        method=release.method,
        version=release.method_version,
        parameters=release.parameters,
        collection=collection_of(release),
        scales=rated_scales(release),
        exclusions=_exclusions(release),
        weighed=_weighed(release),
        day=release.computed_at.date(),
        name=release.name,
        digest=release.content_sha256,
    )


def collection_of(release: OpinionRelease) -> Collection:
    return remembered("collection", release, _collection)


def distributions_of(release: OpinionRelease) -> dict[int, Distribution]:
    """By perspective's key, of those that the release knows."""
    return remembered("distributions", release, _distributions)


def disagreements_of(release: OpinionRelease) -> dict[int, Disagreement]:
    """By perspective's key, of those whose scale has few levels."""
    return remembered("disagreements", release, _disagreements)


def extremes_of(release: OpinionRelease, perspective: Perspective) -> dict[str, list[int]]:
    """Keys of a few scores from a perspective: the best, the worst, and those whose raters disagree
    most. All of them are sorted for that."""
    scores = release.scores.filter(perspective=perspective)

    def found(_release: OpinionRelease) -> dict[str, list[int]]:
        orders = {
            "best": scores.order_by("-value", "stimulus"),
            "worst": scores.order_by("value", "stimulus"),
            "disputed": scores.exclude(sd=None).order_by("-sd", "stimulus"),
        }
        return {
            name: list(rows.values_list("pk", flat=True)[:_EXTREMES])
            for name, rows in orders.items()
        }

    return remembered(f"extremes-{perspective.pk}", release, found)


def remembered(
    what: str, release: OpinionRelease, find: Callable[[OpinionRelease], Found]
) -> Found:
    """For as long as the release is as it is: all of its scores are read."""
    key = f"{what}:{release.pk}:{release.computed_at.isoformat()}"
    known: Found | None = cache.get(key)
    if known is not None:
        return known
    found = find(release)
    cache.set(key, found, _KEPT_SECONDS)
    return found


def _collection(release: OpinionRelease) -> Collection:
    found = _rated(release)
    number = np.unique(found["stimulus"], return_counts=True)[1]
    if not number.size:
        return Collection(0, 0, 0, 0, 0, 0)
    return Collection(
        raters=np.unique(found["rater"]).size,
        ratings=found["rater"].size,
        images=number.size,
        least=int(number.min()),
        median=float(np.median(number)),
        most=int(number.max()),
    )


def _rated(release: OpinionRelease) -> dict[str, Integers]:
    """Stimulus and rater of each trial that the release rests on."""
    columns = (("stimulus", INTEGER), ("rater", INTEGER))
    record = ReleaseRecord.objects.filter(release=release).first()
    if record is not None:
        keys = (recorded_scores(record).tolist(),)
        return copy_out(connection.ops.compose_sql(_RECORDED, keys), columns)  # type: ignore[attr-defined] # PostgreSQL's
    trials = counting_trials(release.study).order_by().values_list("stimulus_id", "rater_id")
    return copy_rows(trials, columns)


def rated_scales(release: OpinionRelease) -> tuple[RatedScale, ...]:
    rows = release.perspectives.select_related("perspective").order_by("perspective__position")
    found = []
    for row in rows:
        scale = row.perspective.settings.scale
        found.append(
            RatedScale(
                row.perspective.label,
                scale.minimum,
                scale.maximum,
                scale.levels,
                scale.labels,
                (row.minimum, row.maximum),
            )
        )
    return tuple(found)


def _exclusions(release: OpinionRelease) -> Exclusions:
    """Of a kept release it is not known who was excluded when it was made."""
    rejected = dict(
        release.subjects.filter(verdict=Verdict.REJECTED)
        .order_by("perspective__position")
        .values_list("perspective__label")
        .annotate(n=Count("pk"))
    )
    if release.state != OpinionRelease.State.LIVE:
        return Exclusions(rejected=rejected)
    return Exclusions(
        _excluded_raters(release.study), len(excluded_images(release.study_id)), rejected
    )


def _excluded_raters(study: Study) -> int:
    """Those who had answered something."""
    raters = Rater.objects.filter(study=study, status=Rater.Status.EXCLUDED)
    return raters.filter(sessions__trials__state="submitted").distinct().count()


def _weighed(release: OpinionRelease) -> bool:
    record = ReleaseRecord.objects.filter(release=release).first()
    return bool(record.weights) if record else release.study.rules.weigh


def _distributions(release: OpinionRelease) -> dict[int, Distribution]:
    rows = release.scores.order_by().values_list("perspective_id", "value")
    found = copy_rows(rows, (("perspective", INTEGER), ("value", FLOAT)))
    values: Floats = found["value"]
    return {
        row.perspective_id: distribution(
            np.sort(values[found["perspective"] == row.perspective_id]), (row.minimum, row.maximum)
        )
        for row in release.perspectives.all()
    }


def _disagreements(release: OpinionRelease) -> dict[int, Disagreement]:
    rows: Any = release.scores.exclude(histogram=None).order_by()
    alike: dict[int, dict[tuple[int, ...], int]] = defaultdict(dict)
    grouped = rows.values_list("perspective_id", "histogram").annotate(images=Count("pk"))
    for perspective, histogram, images in grouped:
        alike[perspective][tuple(histogram)] = images
    found = {}
    for perspective in release.study.perspectives.all():
        limits = limits_of(perspective.settings.scale)
        if limits.counted:
            found[perspective.pk] = disagreement(alike[perspective.pk], limits.ends)
    return found
