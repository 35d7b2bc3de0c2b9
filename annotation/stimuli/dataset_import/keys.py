"""New keys for the rows of an archive, in the order of their old ones: answers were given in the
order of their keys, and methods sum in it."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from django.db.models import Model
from numpy.typing import NDArray

from ...models import Stimulus, Trial
from ...opinion.copying import new_keys
from . import values

#: Sixteen bytes for each.
_Integers = NDArray[np.int64]


class NewKeys:
    """The archive's keys of one table, and those of this server."""

    def __init__(self, model: type[Model], old: _Integers) -> None:
        """Raises ValueError if a key is there twice."""
        self._old = np.sort(old)
        if np.any(self._old[1:] == self._old[:-1]):
            raise ValueError("two rows have one key")
        self._new = np.array(new_keys(model, self._old.size), np.int64)

    def __len__(self) -> int:
        return int(self._old.size)

    def __getitem__(self, old: object) -> int:
        """Raises ValueError if the archive has no such row."""
        wanted = values.key(old)
        place = int(np.searchsorted(self._old, wanted))
        if place == self._old.size or self._old[place] != wanted:
            raise ValueError(f"there is no row with the key {wanted}")
        return int(self._new[place])


def new_keys_of(records: Iterable[dict[str, Any]]) -> tuple[NewKeys, NewKeys]:
    """Of images and of showings, those that were skipped too."""
    images: list[_Integers] = []
    trials: list[_Integers] = []
    for record in records:
        images.append(np.array([values.key(record["stimulus"])], np.int64))
        shown = (*values.items(record["trials"]), *values.items(record["skipped"]))
        trials.append(np.array([values.key(item["trial"]) for item in shown], np.int64))
    return _allotted(Stimulus, images), _allotted(Trial, trials)


def _allotted(model: type[Model], parts: list[_Integers]) -> NewKeys:
    return NewKeys(model, np.concatenate([np.empty(0, np.int64), *parts]))
