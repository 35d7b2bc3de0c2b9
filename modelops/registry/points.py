"""A version's points on the hold-out as pages need them, kept while nothing of them changes."""

from functools import lru_cache

from ..models import ModelVersion
from .agreement import measured_stamp
from .holdout import Points, Standing, holdout_labels, holdout_points, standings

#: Versions whose points a process keeps: a few megabytes each.
_KEPT = 6


def current_points(version: ModelVersion) -> Points:
    """`holdout_points` of its predictions and the labels of now; not to be changed."""
    return _points(version.pk, measured_stamp(version))


def current_standing(version: ModelVersion) -> Standing:
    """How a version does by itself."""
    return standings([current_points(version)])[0]


@lru_cache(_KEPT)
def _points(pk: int, stamp: str) -> Points:
    # The stamp was read before: what changes meanwhile has another one.
    version = ModelVersion.objects.select_related("study").get(pk=pk)
    return holdout_points(version, holdout_labels(version.study))
