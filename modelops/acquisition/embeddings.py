"""Embeddings of all images of a study at once, from the cache."""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from annotation.models import Stimulus
from annotation.models.stimulus import picture_sha256

from ..learning.shards import Key
from ..models import ModelVersion
from ..predictors.embedding import cache_name
from ..predictors.store import version_model

#: So many that the cache lacks are embedded; a refresh has no time for more.
MOST_MISSING = 200


@dataclass(frozen=True)
class Known:
    """Images by key (M,), ascending, their embeddings (M, D), and which embeddings those are (M,):
    of the same picture and prompt by the same arithmetic the number is the same."""

    stimuli: NDArray[np.int64]
    values: NDArray[np.floating]
    looks: NDArray[np.int64]

    def rows(self, stimuli: NDArray[np.int64]) -> NDArray[np.intp] | None:
        """Of images that are all among these; None if one is not."""
        found = np.searchsorted(self.stimuli, stimuli)
        inside = np.minimum(found, len(self.stimuli) - 1)
        return found if (self.stimuli[inside] == stimuli).all() else None


def embeddings_of(version: ModelVersion, stimuli: QuerySet[Stimulus]) -> Known | None:
    """Embeddings of `stimuli`; None if there are none, if one cannot be read, or if this machine's
    cache lacks very many."""
    rows = stimuli.select_related(None).prefetch_related(None).order_by("pk")
    parts = list(rows.values_list("pk", "sha256", "rendering", "prompt__text_sha256"))
    if not parts:
        return None
    keys = np.array([part[0] for part in parts], np.int64)
    names = [(picture_sha256(sha, rendering), prompt) for _pk, sha, rendering, prompt in parts]
    looks = looks_of(version, names)
    known, values = version_model(version).embedder.cache.rows(names)
    if np.count_nonzero(~known) > MOST_MISSING or values is None:
        return None
    if not known.all():
        missing = keys[~known].tolist()
        lacking = list(Stimulus.objects.select_related("prompt").filter(pk__in=missing))
        vectors = version_model(version).embedder.embed(lacking).vectors
        if any(key not in vectors for key in missing):
            return None
        values[~known] = [vectors[key] for key in missing]
    return Known(keys, values, looks)


def looks_of(version: ModelVersion, names: Sequence[Key]) -> NDArray[np.int64]:
    """(len(names),): which embeddings these are, as `Known.looks`."""
    how = crc32(cache_name(version.backbone_sha256).encode())
    numbers = [(int(image[:14], 16) ^ int(prompt[:14], 16)) ^ how for image, prompt in names]
    return np.array(numbers, np.int64)
