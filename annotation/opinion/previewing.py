"""What another method of opinion scores would change, before anything is changed.

Both methods are fitted to the same scores in one view of the data. In a small study that is done
while the reader waits; if the last fit took longer than `QUICK_SECONDS`, a worker does it and the
reader looks again. Nothing is sampled but the points of the picture.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.utils import timezone

from workbench.core.statements import one_view

from ..models import Study
from ..protocol.verdicts import Verdict
from .correlation import Floats, Integers
from .differences import Differences, differences, largest_movers, sample
from .making import digest_of, estimated, newest_score
from .methods import METHODS, Estimates, Method
from .methods.base import parse_parameters
from .recomputing import QUICK_SECONDS, ask_worker, recomputed, renew
from .releases import live_release
from .reliability.selectors import rater_weights
from .units import UnitScale
from .votes import PerspectiveVotes, read_counting_scores

#: The task that computes one.
RENEW = "annotation.opinion.tasks.preview_method"
#: It is asked for at most once per so many seconds.
_ASKED_SECONDS = 60
#: Points in a picture, and images that are named.
POINTS = 500
MOVERS = 8


@dataclass(frozen=True)
class MovedImage:
    """An image's score on the study's 0…1, by the present method and by the other."""

    stimulus: int
    old: float
    new: float

    @property
    def shift(self) -> float:
        return self.new - self.old


@dataclass(frozen=True)
class PerspectivePreview:
    """What would change from one perspective."""

    perspective: str
    #: The ends of the scales of the scores.
    old_limits: tuple[float, float]
    new_limits: tuple[float, float]
    differences: Differences
    #: Raters whom the methods reject.
    old_rejected: int
    new_rejected: int
    #: For a picture: all images, or an even sample in the order of their scores.
    points: tuple[MovedImage, ...]
    #: Those that move furthest, the furthest first.
    movers: tuple[MovedImage, ...]
    notes: tuple[str, ...]

    @property
    def same_scale(self) -> bool:
        return self.old_limits == self.new_limits


@dataclass(frozen=True)
class Preview:
    """What a study's opinion scores would be by another method."""

    old: str
    new: str
    parameters: Mapping[str, Any]
    parts: tuple[PerspectivePreview, ...]
    ratings: int
    computed_at: datetime


def preview_method(
    study: Study, method_name: str, given: Mapping[str, Any] | None = None
) -> Preview:
    """Computed now, from all scores that count.

    Raises UnknownEntryError if there is no such method, OpinionError for a wrong parameter.
    """
    given = given or {}
    new = METHODS[method_name]
    parameters = parse_parameters(new, given)
    now = timezone.now()
    with one_view():
        study = Study.objects.get(pk=study.pk)
        old = METHODS[study.opinion_method]
        scores, weights = read_counting_scores(study), rater_weights(study)
        before = estimated(study, scores, weights, old, {})
        after = [new.estimate(votes.votes, parameters) for votes, _found in before]
    parts = tuple(
        _part(votes, (old, parse_parameters(old, {}), found), (new, parameters, other))
        for (votes, found), other in zip(before, after, strict=True)
    )
    return Preview(old.name, new.name, given, parts, scores.ratings, now)


def preview_for_readers(
    study: Study, method_name: str, given: Mapping[str, Any] | None = None
) -> Preview | None:
    """As `preview_method`; in a large study that of a worker, perhaps without the latest ratings,
    or None while it is being computed. Raises the same errors."""
    given = given or {}
    parse_parameters(METHODS[method_name], given)
    asked = json.dumps(given, sort_keys=True)
    found = recomputed(
        _key(study, method_name, given),
        str(newest_score()),
        lambda: preview_method(study, method_name, given),
        small=lambda: live_release(study).took < QUICK_SECONDS,
        ask=lambda: ask_worker(RENEW, study.pk, method_name, asked, seconds=_ASKED_SECONDS),
    )
    return found.result


def renew_preview(study: Study, method_name: str, given: Mapping[str, Any]) -> None:
    """Computes one and keeps it for those who ask."""
    renew(
        _key(study, method_name, given),
        str(newest_score()),
        lambda: preview_method(study, method_name, given),
    )


def _key(study: Study, method_name: str, given: Mapping[str, Any]) -> str:
    """Of all that it depends on but the scores."""
    method = METHODS[method_name]
    asked = json.dumps([method.name, method.version, given, digest_of(study)], sort_keys=True)
    return f"preview:{study.pk}:{hashlib.sha256(asked.encode()).hexdigest()}"


def _part(
    part: PerspectiveVotes,
    before: tuple[Method, Any, Estimates],
    after: tuple[Method, Any, Estimates],
) -> PerspectivePreview:
    """Of images of which both methods have a score."""
    old_limits, old = _on_unit(part, *before)
    new_limits, new = _on_unit(part, *after)
    both = np.isfinite(old) & np.isfinite(new)
    stimuli, old, new = part.stimuli[both], old[both], new[both]

    def images(places: Integers) -> tuple[MovedImage, ...]:
        columns = (array[places].tolist() for array in (stimuli, old, new))
        return tuple(MovedImage(*row) for row in zip(*columns, strict=True))

    by_score = np.argsort(old, kind="stable")
    return PerspectivePreview(
        perspective=part.perspective.key,
        old_limits=old_limits,
        new_limits=new_limits,
        differences=differences(old, new),
        old_rejected=_rejected(before[2]),
        new_rejected=_rejected(after[2]),
        points=images(by_score[sample(old.size, POINTS)]),
        movers=images(largest_movers(old, new, MOVERS)),
        notes=after[2].notes,
    )


def _on_unit(
    part: PerspectiveVotes, method: Method, parameters: Any, found: Estimates
) -> tuple[tuple[float, float], Floats]:
    """The ends of a method's scale, and its scores on 0…1, (S,)."""
    limits = part.limits(method, parameters)
    scale = UnitScale(*limits)
    return limits, (found.value - scale.minimum) / scale.range


def _rejected(found: Estimates) -> int:
    return int((found.subjects.verdict == Verdict.REJECTED.value).sum())
