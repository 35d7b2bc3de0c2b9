"""What a kept release was made of, and whether making it again gives the same.

A score is never changed, only superseded, so the keys of the scores that counted, and the weights
of their raters, are enough to make the release again. What is erased with a rater is gone for good;
then the release stands, but can no longer be made again.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from ..models import OpinionRelease, ReleaseRecord, Score
from .correlation import Integers
from .making import content_sha256, estimated, stored_differences
from .methods import METHODS, Estimates
from .votes import CountingScores, PerspectiveVotes, read_scores

#: Keys asked for in one statement.
_BATCH = 100_000


@dataclass(frozen=True)
class Verification:
    """Whether a release is what its record gives; `faults` says in which way it is not."""

    release: OpinionRelease
    #: Single scores in its record.
    scores: int
    faults: Sequence[str]
    #: Whether it is that to the last bit, by its hash; else up to the rounding of another machine.
    exact: bool = False

    @property
    def holds(self) -> bool:
        return not self.faults


def record_scores(
    release: OpinionRelease, scores: Integers, weights: Mapping[int, float]
) -> ReleaseRecord:
    """Keeps of which single scores, keys (R,), a release was made."""
    steps = np.diff(np.sort(scores), prepend=0).astype("<i8")
    return ReleaseRecord.objects.create(
        study_id=release.study_id,
        release_id=release.pk,
        scores=zlib.compress(steps.tobytes()),
        weights={str(rater): weight for rater, weight in weights.items() if weight != 1},
    )


def recorded_scores(record: ReleaseRecord) -> Integers:
    """Keys of single scores, ascending, (R,)."""
    steps = np.frombuffer(zlib.decompress(bytes(record.scores)), "<i8")
    return np.cumsum(steps).astype(np.int64)


def verify(release: OpinionRelease) -> Verification:
    """Makes a kept release again from its record; changes nothing."""
    record = ReleaseRecord.objects.filter(release=release).first()
    if record is None:
        fault = _("It has no record of the ratings that it was made of: only kept releases have.")
        return Verification(release, 0, [fault])
    keys = recorded_scores(record)
    scores = _scores(keys)
    if fault := _unmakeable(release, keys, scores):
        return Verification(release, keys.size, [fault])
    parts = _made_again(release, record, scores)
    differing = sum(stored_differences(release, part, found) for part, found in parts)
    exact = content_sha256(_facts(release), parts) == release.content_sha256
    faults = []
    if differing:
        faults = [_("%(n)d of its stored scores differ from those made again.") % {"n": differing}]
    return Verification(release, keys.size, faults, exact)


def _unmakeable(release: OpinionRelease, keys: Integers, scores: CountingScores) -> str:
    """Why it cannot be made again; "" if it can."""
    if release.method not in METHODS:
        return _("This build has no method “%(name)s”.") % {"name": release.method}
    ours = METHODS[release.method].version
    if ours != release.method_version:
        return _("It was made by version %(theirs)s of its method; this build has %(ours)s.") % {
            "theirs": release.method_version,
            "ours": ours,
        }
    if scores.score.size < keys.size:
        return _("%(gone)d of its %(all)d scores were erased since.") % {
            "gone": keys.size - scores.score.size,
            "all": keys.size,
        }
    return ""


def _made_again(
    release: OpinionRelease, record: ReleaseRecord, scores: CountingScores
) -> list[tuple[PerspectiveVotes, Estimates]]:
    weights = {int(rater): float(weight) for rater, weight in record.weights.items()}
    method = METHODS[release.method]
    return estimated(release.study, scores, weights, method, release.parameters)


def _facts(release: OpinionRelease) -> dict[str, Any]:
    """What its hash is of, next to the scores."""
    names = ("method", "method_version", "parameters", "counts_rule", "ratings")
    protocols = release.protocols.order_by("number").values_list("number", flat=True)
    return {**{name: getattr(release, name) for name in names}, "protocols": list(protocols)}


def _scores(keys: Integers) -> CountingScores:
    """Those that are still there."""
    found = [
        read_scores(Score.objects.filter(pk__in=keys[start : start + _BATCH].tolist()))
        for start in range(0, max(keys.size, 1), _BATCH)
    ]
    joined = {
        name: np.concatenate([getattr(part, name) for part in found])
        for name in CountingScores.__dataclass_fields__
    }
    order = np.lexsort((joined["perspective"], joined["trial"]))
    return CountingScores(**{name: values[order] for name, values in joined.items()})
