"""What a version expects now: its predictions, by a last layer that has learnt newer labels.

A version's `Prediction` rows are as it was scored, and stay: hold-out metrics, the gate,
certificates and comparisons of versions go by them. A refresh (`acquisition.refreshing`) writes one
file of all its predictions and names it in the version's row, so that whoever reads has one state
of all images, the older or the newer one.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import structlog
from django.utils import timezone
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from annotation.models import Study
from annotation.opinion.forecast import Knowledge
from annotation.opinion.releases import stored_live

from ..errors import ArtifactError
from ..learning.uncertainty import Expectation
from ..models import ModelVersion, Prediction
from .artifacts import artifact_changed, delete_file, file_names, publish_file, read_file

log = structlog.get_logger(__name__)

#: Ratings after which predictions and the order of rating are made again; predictions that lack as
#: many are stale.
RATINGS_BETWEEN = 30
#: What is kept of each prediction, the fields of `Expectation` in their order.
PARTS = 4
#: Files that a process keeps in memory: a few megabytes for 100,000 images each.
_KEPT = 4
#: In the names of a file's tensors, of those of `Learnt`.
_LEARNT = "learnt_"


@dataclass(frozen=True)
class Learnt:
    """What refreshed predictions of M images rest on, for the next refresh to know what changed.

    stimuli (L,): the images with a label; ratings (L, P): how many each label rests on, 0 if there
    is none. looks (L,) and looks_predicted (M,): by which embeddings (`acquisition.embeddings`).
    """

    stimuli: NDArray[np.int64]
    ratings: NDArray[np.float32]
    looks: NDArray[np.int64]
    looks_predicted: NDArray[np.int64]


@dataclass(frozen=True)
class Refreshed:
    """Predictions of M images from P perspectives: keys (M,), ascending, and (M, P, PARTS); what
    they rest on, unless an older build wrote them."""

    stimuli: NDArray[np.int64]
    perspectives: tuple[str, ...]
    values: NDArray[np.float32]
    learnt: Learnt | None = None

    def row_of(self, stimulus: int) -> int | None:
        row = int(np.searchsorted(self.stimuli, stimulus))
        return row if row < len(self.stimuli) and self.stimuli[row] == stimulus else None

    def epistemic_sd(self) -> NDArray[np.float64]:
        """(M, P): √(posterior² + misfit²)."""
        found: NDArray[np.float64] = np.hypot(self.values[:, :, 1], self.values[:, :, 2])
        return found.astype(np.float64)

    @cached_property
    def keys_in_sql(self) -> str:
        """`stimuli` as PostgreSQL writes an array: a hundred thousand numbers one by one would take
        most of a page's time."""
        return _array(self.stimuli)

    @cached_property
    def sd_in_sql(self) -> dict[str, str]:
        """By perspective, the column of `epistemic_sd` likewise."""
        return dict(zip(self.perspectives, map(_array, self.epistemic_sd().T), strict=True))


@dataclass(frozen=True)
class Current:
    """One state of a version's predictions: `refreshed`, or as it was scored if that is None."""

    study: Study
    knowledge: Knowledge
    refreshed: Refreshed | None = None
    #: Of images that came after the refresh, and of all if there was none.
    as_scored: Knowledge = field(kw_only=True)

    def expected(self, prediction: Prediction) -> Expectation:
        """What is expected now in place of a row; `prediction.perspective` is loaded."""
        place, row = self._place(prediction), self._row(prediction.stimulus_id)
        if self.refreshed is None or place is None or row is None:
            return prediction.expected
        return Expectation(*(float(value) for value in self.refreshed.values[row, place]))

    def knowledge_of(self, stimulus: int) -> Knowledge:
        """What the predictions of this image have learnt from."""
        return self.as_scored if self._row(stimulus) is None else self.knowledge

    def _row(self, stimulus: int) -> int | None:
        return None if self.refreshed is None else self.refreshed.row_of(stimulus)

    def _place(self, prediction: Prediction) -> int | None:
        return self._places.get(prediction.perspective.key)

    @cached_property
    def _places(self) -> dict[str, int]:
        keys = () if self.refreshed is None else self.refreshed.perspectives
        return {key: place for place, key in enumerate(keys)}


def current(version: ModelVersion) -> Current:
    """The state that the row of `version`, as it was read, stands for."""
    now = ratings_now(version.study)
    as_scored = _knowledge(version, version.snapshot.ratings, version.created_at, now)
    refreshed = _refreshed(version)
    if refreshed is None or version.refreshed_ratings is None or version.refreshed_at is None:
        return Current(version.study, as_scored, as_scored=as_scored)
    known = _knowledge(version, version.refreshed_ratings, version.refreshed_at, now)
    return Current(version.study, known, refreshed, as_scored=as_scored)


def ratings_now(study: Study) -> int:
    """Submitted ratings that the study's live scores rest on."""
    live = stored_live(study)
    return live.ratings if live else 0


def write_refreshed(version: ModelVersion, refreshed: Refreshed) -> str:
    """Stores predictions under the checksum that is returned, for `note_refreshed` to name."""
    about = {"perspectives": json.dumps(refreshed.perspectives)}
    tensors: dict[str, Any] = {"stimuli": refreshed.stimuli, "values": refreshed.values}
    if refreshed.learnt is not None:
        parts = vars(refreshed.learnt).items()
        tensors |= {_LEARNT + name: np.ascontiguousarray(part) for name, part in parts}
    data = save(tensors, about)
    sha256 = hashlib.sha256(data).hexdigest()
    publish_file(_name(version, sha256), data)
    return sha256


def note_refreshed(version: ModelVersion, sha256: str, ratings: int) -> None:
    """From now on these are the version's predictions."""
    version.refreshed_sha256, version.refreshed_ratings = sha256, ratings
    version.refreshed_at = timezone.now()
    version.save(update_fields=["refreshed_sha256", "refreshed_ratings", "refreshed_at"])


def forget_others(version: ModelVersion, keep: Sequence[str]) -> None:
    """Deletes the version's files except those under these checksums: of the state in use, and of
    the one before, which somebody may be reading."""
    kept = {_name(version, sha256) for sha256 in keep if sha256}
    for name in file_names(_folder(version)):
        if name not in kept:
            delete_file(name)


def _refreshed(version: ModelVersion) -> Refreshed | None:
    if not version.refreshed_sha256:
        return None
    try:
        return _read(_name(version, version.refreshed_sha256), version.refreshed_sha256)
    except ArtifactError as error:
        # Restored without it, say: the version's own predictions stand, marked as what they are,
        # until the next refresh.
        log.warning("refreshed predictions are gone", version=version.pk, reason=error.message)
        return None


@lru_cache(_KEPT)
def _read(name: str, sha256: str) -> Refreshed:
    data = read_file(name, sha256)
    try:
        tensors = load(data)
        about = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
        perspectives = tuple(json.loads(about["perspectives"]))
        parts = {
            name.removeprefix(_LEARNT): tensors[name]
            for name in tensors
            if name.startswith(_LEARNT)
        }
        learnt = Learnt(**parts) if parts else None
        return Refreshed(tensors["stimuli"], perspectives, tensors["values"], learnt)
    except (SafetensorError, ValueError, KeyError) as error:
        raise artifact_changed(name) from error


def _knowledge(version: ModelVersion, ratings: int, at: datetime, now: int) -> Knowledge:
    # Stale: it lacks as many ratings as a refresh waits for.
    return Knowledge(version.number, ratings, at, stale=now >= ratings + RATINGS_BETWEEN)


def _array(values: NDArray[Any]) -> str:
    return "{" + ",".join(map(str, values.tolist())) + "}"


def _folder(version: ModelVersion) -> str:
    return f"refreshed/{version.study_id}/v{version.number}"


def _name(version: ModelVersion, sha256: str) -> str:
    return f"{_folder(version)}/{sha256}.safetensors"
