"""The opinion scores of a release as forms state them: numbers with their scale. Pure."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...units import UnitScale
from ..facts import DatasetFacts
from .tables import Tables

#: One number per main image, in the order of their keys; NaN if there is none.
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Values:
    """Scores from one perspective."""

    scores: Numbers
    #: Standard deviations of single scores.
    spreads: Numbers
    #: How many scores each is of.
    raters: Numbers
    scale: UnitScale
    #: The scale of `spreads`, in words; empty if there are none.
    spread_scale: str
    #: What the scores are, in words.
    what: str

    @property
    def units(self) -> Numbers:
        """The scores on 0…1, higher is better."""
        return np.array([self.scale.of(score) for score in self.scores.tolist()], float)


def means_of(facts: DatasetFacts, tables: Tables, key: str) -> Values:
    """Plain means of the scores that count, on the study's scale; imported scores if nobody
    rated."""
    if not _rated(tables.main, key):
        return _published(facts, tables, key)
    scale = facts.study.scale(key)
    own = UnitScale(scale["minimum"], scale["maximum"], scale["direction"])
    return _own(tables.main, key, f"mos_{key}", own, "plain mean of the scores that count")


def estimates_of(facts: DatasetFacts, tables: Tables, key: str) -> Values:
    """What the release's method makes of the scores, on the method's scale; imported scores if
    nobody rated."""
    main = tables.main
    if not _rated(main, key):
        return _published(facts, tables, key)
    low, high = (pc.max(main[f"opinion_{end}_{key}"]).as_py() for end in ("minimum", "maximum"))
    what = f"opinion score by the method {facts.report.method}, version {facts.report.version}"
    return _own(main, key, f"opinion_score_{key}", UnitScale(low, high), what)


def _rated(main: pa.Table, key: str) -> bool:
    return bool(main[f"mos_{key}"].null_count < len(main))


def _own(main: pa.Table, key: str, column: str, scale: UnitScale, what: str) -> Values:
    low, high = (pc.max(main[f"{end}_{key}"]).as_py() for end in ("minimum", "maximum"))
    return Values(
        _numbers(main[column]),
        _numbers(main[f"sd_{key}"]),
        _numbers(main[f"n_{key}"]),
        scale,
        f"the scale from {low:g} to {high:g} on which images were rated",
        what,
    )


def _published(facts: DatasetFacts, tables: Tables, key: str) -> Values:
    """Those of the source that has most."""
    by_source = tables.published.get(key, {})
    if not by_source:
        scale = facts.study.scale(key)
        nothing = np.full(len(tables.keys), np.nan)
        own = UnitScale(scale["minimum"], scale["maximum"], scale["direction"])
        return Values(nothing, nothing, nothing, own, "", "no score")
    source = max(sorted(by_source), key=lambda name: len(by_source[name]))
    return _imported(tables, source, by_source[source], key)


def _imported(tables: Tables, source: str, found: dict[int, dict[str, Any]], key: str) -> Values:
    first = next(iter(found.values()))
    columns = {
        name: np.array([found.get(image, {}).get(name) for image in tables.keys], float)
        for name in ("published_mos", "published_sd", "published_raters")
    }
    spreads, scale = columns["published_sd"], "the scale of the scores"
    if np.isnan(spreads).all():
        name = f"release_sd_{key}"
        said = [tables.metadata.get(image, {}).get(name) for image in tables.keys]
        spreads, scale = np.array(said, float), "a scale that its authors do not give"
    return Values(
        columns["published_mos"],
        spreads,
        columns["published_raters"],
        UnitScale(first["scale_minimum"], first["scale_maximum"], first["scale_direction"]),
        scale,
        f"score as it was published by {source}",
    )


def _numbers(column: pa.ChunkedArray) -> Numbers:
    found: Numbers = pc.cast(column, pa.float64()).to_numpy()
    return found
