"""Whether images that came after a version's training are like those that it learnt from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.models import Stimulus
from annotation.opinion.recomputing import Recomputed, ask_worker, recomputed, renew

from ..judging.drift import MOST, Drift, find_drift
from ..models import ModelVersion, Prediction
from ..predictors.embedding import kept_rows
from ..registry.snapshots import read_snapshot

#: The task that computes it.
RENEW = "modelops.tasks.renew_drift"
#: A worker is asked at most once per so many seconds.
_ASK_SECONDS = 30
#: Up to so many images a first reader waits.
_SMALL = 1000
#: Of the strangest images, so many are named.
_NAMED = 12

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FoundDrift:
    """What was found, what the version expects of both kinds of images by perspective, on 0…1, and
    keys of the strangest new images. left_out: images whose embedding is not kept here, as of one
    whose files were deleted after the training; only their scores are compared."""

    drift: Drift
    learnt: dict[str, Floats]
    new: dict[str, Floats]
    strangest: tuple[int, ...]
    left_out: int = 0


def drift_of(version: ModelVersion) -> Recomputed[FoundDrift]:
    """By the predictions of now; None while a worker computes the first."""
    return recomputed(
        _key(version),
        _stamp(version),
        lambda: _found(version),
        small=lambda: version.study.stimuli.count() <= _SMALL,
        ask=lambda: ask_worker(RENEW, version.pk, seconds=_ASK_SECONDS),
    )


def renew_drift(version: ModelVersion) -> None:
    """For a worker."""
    renew(_key(version), _stamp(version), lambda: _found(version))


def _key(version: ModelVersion) -> str:
    return f"drift:2:{version.pk}"


def _stamp(version: ModelVersion) -> str:
    return str(version.scoring_runs.order_by("-pk").values_list("pk", "state").first())


def _found(version: ModelVersion) -> FoundDrift:
    learnt, new = _sampled(_learnt(version)), _sampled(_new(version))
    before, after = _scores(version, learnt), _scores(version, new)
    _places, known = kept_rows(version.backbone_sha256, learnt)
    places, later = kept_rows(version.backbone_sha256, new)
    drift = find_drift(before, after, known, later)
    strange = drift.images.strange[:_NAMED] if drift.images else ()
    strangest = tuple(new[places[row]] for row in strange)
    left_out = len(learnt) - len(known) + len(new) - len(later)
    return FoundDrift(drift, before, after, strangest, left_out)


def _learnt(version: ModelVersion) -> list[int]:
    """Keys of the images that the version was trained on, by id."""
    labels = read_snapshot(version.snapshot)
    return sorted({it.stimulus for it in labels if it.split == Stimulus.Split.POOL})


def _new(version: ModelVersion) -> list[int]:
    """Keys of the images that were imported after the training and are predicted, by id."""
    rows = Prediction.objects.filter(
        model_version=version, stimulus__created_at__gt=version.created_at
    )
    return list(rows.order_by("stimulus").values_list("stimulus", flat=True).distinct())


def _sampled(keys: Sequence[int]) -> list[int]:
    """At most as many as are compared by their looks, evenly over all."""
    if len(keys) <= MOST:
        return list(keys)
    return [keys[place] for place in np.linspace(0, len(keys) - 1, MOST).astype(int).tolist()]


def _scores(version: ModelVersion, keys: Sequence[int]) -> dict[str, Floats]:
    rows = Prediction.objects.filter(model_version=version, stimulus__in=keys)
    found: dict[str, list[float]] = {head.perspective.key: [] for head in version.heads.all()}
    for key, mean in rows.values_list("perspective__key", "mean"):
        found[key].append(mean)
    return {key: np.array(values, dtype=np.float64) for key, values in found.items()}
