"""What a kept release was made of, and whether making it again gives the same.

A score is never changed, only superseded, so the keys of the scores that counted, and the weights
of their raters, are enough to make the release again. What is erased with a rater is gone for good;
then the release stands, but can no longer be made again.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from ..models import OpinionRelease, ReleaseRecord, Score
from .correlation import Integers
from .making import content_sha256, estimated, stored_differences
from .methods import METHODS
from .votes import CountingScores, read_scores

#: Keys asked for in one statement.
_BATCH = 100_000


@dataclass(frozen=True)
class Verification:
    """Whether a release is what its record gives; `faults` says in which way it is not."""

    release: OpinionRelease
    #: Single scores in its record.
    scores: int
    faults: Sequence[str]

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
    return Verification(release, keys.size, list(_faults(release, record, keys, scores)))


def _faults(
    release: OpinionRelease, record: ReleaseRecord, keys: Integers, scores: CountingScores
) -> Iterator[str]:
    if release.method not in METHODS:
        yield _("This build has no method “%(name)s”.") % {"name": release.method}
        return
    method = METHODS[release.method]
    if method.version != release.method_version:
        yield _("It was made by version %(theirs)s of its method; this build has %(ours)s.") % {
            "theirs": release.method_version,
            "ours": method.version,
        }
    if scores.score.size < keys.size:
        yield _("%(gone)d of its %(all)d scores were erased since.") % {
            "gone": keys.size - scores.score.size,
            "all": keys.size,
        }
        return
    weights = {int(rater): float(weight) for rater, weight in record.weights.items()}
    parts = estimated(release.study, scores, weights, method, release.parameters)
    differing = sum(stored_differences(release, part, found) for part, found in parts)
    if differing:
        yield _("%(n)d of its stored scores differ from those made again.") % {"n": differing}
    protocols = list(release.protocols.order_by("number").values_list("number", flat=True))
    facts = {
        "method": release.method,
        "method_version": release.method_version,
        "parameters": release.parameters,
        "counts_rule": release.counts_rule,
        "ratings": release.ratings,
        "protocols": protocols,
    }
    if content_sha256(facts, parts) != release.content_sha256:
        yield _("Its content hash is not that of the scores made again.")


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
