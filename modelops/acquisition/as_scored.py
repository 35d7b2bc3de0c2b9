"""What a version's first refresh begins at: its predictions as it was scored, and what they rest
on, as a refreshed file keeps it (`registry.current`)."""

import numpy as np
import structlog
from numpy.typing import NDArray

from annotation.opinion.copying import FLOAT, INTEGER, copy_rows

from ..errors import ArtifactError
from ..models import ModelVersion, ScoringChunk
from ..registry.current import PARTS, Learnt, Refreshed
from ..registry.labelled import pool_labels_for
from ..registry.snapshots import read_snapshot

log = structlog.get_logger(__name__)

_COLUMNS = (
    ("stimulus_id", INTEGER), ("perspective_id", INTEGER),
    ("mean", FLOAT), ("posterior_sd", FLOAT), ("misfit_sd", FLOAT), ("rater_sd", FLOAT),
)  # fmt: skip


def as_scored(version: ModelVersion, perspectives: tuple[str, ...]) -> Refreshed | None:
    """None if it cannot be told: an older build scored it, or its labels or their images are gone,
    or it has learnt somewhere else."""
    scored = _embedded_as(version)
    found = _predictions(version, perspectives) if scored else None
    if found is None:
        return None
    stimuli, values = found
    try:
        learnt = _learnt(version, perspectives, scored, stimuli)
    except ArtifactError as error:
        log.warning("what a version has learnt is gone", version=version.pk, reason=error.message)
        return None
    return Refreshed(stimuli, perspectives, values, learnt) if learnt else None


def _predictions(
    version: ModelVersion, perspectives: tuple[str, ...]
) -> tuple[NDArray[np.int64], NDArray[np.float32]] | None:
    """Stimuli (M,) and what is expected of them (M, P, PARTS); None if one lacks a perspective."""
    rows = version.predictions.order_by("stimulus", "perspective")
    read = copy_rows(rows.values_list(*(name for name, _kind in _COLUMNS)), _COLUMNS)
    width = len(perspectives)
    if not len(read["stimulus_id"]) or len(read["stimulus_id"]) % width:
        return None
    stimuli = read["stimulus_id"].reshape(-1, width)
    asked = read["perspective_id"].reshape(-1, width)
    heads = version.heads.select_related("perspective")
    keys = {head.perspective_id: head.perspective.key for head in heads}
    if (stimuli != stimuli[:, :1]).any() or (asked != asked[:1]).any():
        return None
    order = [[keys.get(pk) for pk in asked[0].tolist()].index(key) for key in perspectives]
    parts = [read[name].reshape(-1, width)[:, order] for name, _kind in _COLUMNS[-PARTS:]]
    return stimuli[:, 0].astype(np.int64), np.stack(parts, axis=2).astype(np.float32)


def _embedded_as(version: ModelVersion) -> dict[int, int]:
    """By stimulus, the embedding that it was predicted by last."""
    chunks = ScoringChunk.objects.filter(run__model_version=version, looks__isnull=False)
    found: dict[int, int] = {}
    for stimuli, looks in chunks.order_by("pk").values_list("stimulus_ids", "looks"):
        found.update(zip(stimuli, looks or (), strict=True))
    return found


def _learnt(
    version: ModelVersion,
    perspectives: tuple[str, ...],
    scored: dict[int, int],
    stimuli: NDArray[np.int64],
) -> Learnt | None:
    """What the training learnt: the snapshot's labels, but for images that could not be read."""
    labelled = pool_labels_for(version, read_snapshot(version.snapshot))
    if labelled is None or labelled.perspectives != perspectives:
        return None
    labelled = labelled.without({item["stimulus"] for item in version.training_run.problems})
    keys = labelled.keys
    # A label whose image is gone was learnt all the same; who learnt elsewhere has none here.
    if not keys or len(keys) != version.images_learnt_from or not scored.keys() >= set(keys):
        return None
    return Learnt(
        np.array(keys, np.int64),
        labelled.labels.counts.astype(np.float32),
        np.array([scored[key] for key in keys], np.int64),
        np.array([scored.get(key, 0) for key in stimuli.tolist()], np.int64),
    )
