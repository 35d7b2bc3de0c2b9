"""Predictions of all images by a last layer that has learnt newer labels.

After a few labels only what they change is computed (`learning.updating`), from the predictions
before them; otherwise, and for images that those lack, everything is. Some images are predicted in
both ways each time, and if they differ, all are predicted in full.
"""

from dataclasses import dataclass

import numpy as np
import structlog
from numpy.typing import NDArray

from ..learning.bayes import LastLayer, Prediction
from ..learning.many import predict_many
from ..learning.updating import change_to, predict_changed
from ..registry.current import Learnt, Refreshed
from .embeddings import Known

log = structlog.get_logger(__name__)

#: Images that are predicted in both ways, and by how much of itself a standard deviation may
#: differ between them.
_COMPARED, _TOLERANCE = 64, 1e-3


@dataclass(frozen=True)
class Learning:
    """A last layer with what it has learnt: L images by key, ascending, the ratings that each label
    rests on (L, P), 0 if there is none, and which embeddings they have (`Known.looks`)."""

    layer: LastLayer
    stimuli: NDArray[np.int64]
    ratings: NDArray[np.float64]
    looks: NDArray[np.int64]


def predicted(
    learning: Learning, known: Known, perspectives: tuple[str, ...], before: Refreshed | None
) -> Refreshed:
    """What `learning` expects of the images in `known`; `before` is what was expected last, by the
    same version."""
    values = _from(before, learning, known, perspectives) if before else None
    if values is None:
        values = _values(predict_many(learning.layer, known.values))
    rests_on = Learnt(
        learning.stimuli, learning.ratings.astype(np.float32), learning.looks, known.looks
    )
    return Refreshed(known.stimuli, perspectives, values, rests_on)


def _from(
    before: Refreshed, learning: Learning, known: Known, perspectives: tuple[str, ...]
) -> NDArray[np.float32] | None:
    """None if too much has changed."""
    if before.learnt is None or before.perspectives != perspectives:
        return None
    stimuli, old, new = _changed_labels(before.learnt, learning)
    rows = known.rows(stimuli)
    if rows is None or not _same_looks(before.learnt, learning, known, stimuli, rows):
        return None
    change = change_to(learning.layer, known.values[rows], old, new)
    if change is None:
        return None
    place = np.minimum(np.searchsorted(before.stimuli, known.stimuli), len(before.stimuli) - 1)
    same = (before.stimuli[place] == known.stimuli) & (
        before.learnt.looks_predicted[place] == known.looks
    )
    variance = before.values[place, :, 1].astype(np.float64) ** 2
    values = _values(predict_changed(learning.layer, change, variance, known.values))
    if not same.all():
        values[~same] = _values(predict_many(learning.layer, known.values[~same]))
    return values if _agrees(learning.layer, known, values) else None


def _changed_labels(
    before: Learnt, now: Learning
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Images (R,) whose labels rest on other numbers of ratings than before: those then, and now,
    (R, P)."""
    stimuli = np.union1d(before.stimuli, now.stimuli)
    old, new = (
        _spread(stimuli, of, ratings)
        for of, ratings in ((before.stimuli, before.ratings), (now.stimuli, now.ratings))
    )
    changed = (old != new).any(axis=1)
    return stimuli[changed], old[changed], new[changed]


def _spread(
    stimuli: NDArray[np.int64], of: NDArray[np.int64], ratings: NDArray[np.floating]
) -> NDArray[np.float64]:
    found = np.zeros((len(stimuli), ratings.shape[1]))
    found[np.searchsorted(stimuli, of)] = ratings
    return found


def _same_looks(
    before: Learnt,
    now: Learning,
    known: Known,
    changed: NDArray[np.int64],
    rows: NDArray[np.intp],
) -> bool:
    """Whether labels were learnt by the embeddings that their images have now: those that stayed,
    and, of those that changed, what was learnt before."""
    both, old, new = np.intersect1d(before.stimuli, now.stimuli, return_indices=True)
    if (before.looks[old] != now.looks[new]).any():
        return False
    gone, at, of = np.intersect1d(before.stimuli, changed, return_indices=True)
    del both, gone
    return bool((before.looks[at] == known.looks[rows[of]]).all())


def _agrees(layer: LastLayer, known: Known, values: NDArray[np.float32]) -> bool:
    rows = np.linspace(0, len(values) - 1, min(_COMPARED, len(values))).astype(np.intp)
    exact = layer.predict(known.values[rows]).posterior_sd
    furthest = float(np.abs(values[rows, :, 1] / exact - 1).max())
    if furthest <= _TOLERANCE:
        return True
    log.warning("changed predictions differ from new ones", by=furthest)
    return False


def _values(said: Prediction) -> NDArray[np.float32]:
    parts = [said.mean, said.posterior_sd, said.misfit_sd, said.rater_sd]
    return np.stack(parts, axis=2).astype(np.float32)
