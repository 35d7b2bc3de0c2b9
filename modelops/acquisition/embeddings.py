"""Embeddings of all images of a study at once, from the cache."""

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from annotation.models import Stimulus
from annotation.models.stimulus import picture_sha256

from ..models import ModelVersion
from ..predictors.store import version_model

#: So many that the cache lacks are embedded; a refresh has no time for more.
MOST_MISSING = 200


def embeddings_of(
    version: ModelVersion, stimuli: QuerySet[Stimulus]
) -> tuple[NDArray[np.int64], NDArray[np.float32]] | None:
    """Keys (M,) of `stimuli`, ascending, and their embeddings (M, D).

    None if there are none, if one cannot be read, or if this machine's cache lacks very many.
    """
    rows = stimuli.prefetch_related(None).order_by("pk")
    parts = rows.values_list("pk", "sha256", "rendering", "prompt__text_sha256")
    names = {pk: (picture_sha256(sha, rendering), prompt) for pk, sha, rendering, prompt in parts}
    embedder = version_model(version).embedder
    known = embedder.cache.get_many(list(names.values()))
    found = {pk: known[name] for pk, name in names.items() if name in known}
    missing = [pk for pk in names if pk not in found]
    if len(missing) > MOST_MISSING:
        return None
    if missing:
        lacking = Stimulus.objects.select_related("prompt").filter(pk__in=missing)
        found |= embedder.embed(list(lacking)).vectors
    if not names or len(found) < len(names):
        return None
    return np.array(list(names), np.int64), np.stack([found[pk] for pk in names])
