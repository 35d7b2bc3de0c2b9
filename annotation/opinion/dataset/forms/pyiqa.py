"""Tables of scores as pyiqa's general dataset without references reads them. Pure: no Django.

It takes the first two columns, and any whose name holds "split"; a YAML file next to each table has
its options, `mos_range` and `lower_better` among them.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...units import LOWER
from ..facts import DatasetFacts, StoredFile
from .base import FOLDER, FORMS, Files
from .said import csv_text, release_in_words, scales_in_words, text
from .tables import Tables
from .values import Values, means_of

_FOLDER = f"{FOLDER}/pyiqa"
#: Its phases.
_PARTS = {"pool": "train", "holdout": "test"}
COLUMNS = ("name", "mos", "std", "raters", "official_split")


@dataclass(frozen=True)
class Pyiqa:
    name: str = "pyiqa"
    version: str = "1"
    citation: str = "IQA-PyTorch 0.1.16, docs/Dataset_Preparation.md"
    label: str = "pyiqa: a table of means per perspective, with its options"

    def lacks(self, facts: DatasetFacts, tables: Tables) -> str:
        return "" if _scored(facts, tables) else "It needs an image with a score."

    def files(self, facts: DatasetFacts, tables: Tables, stored: Sequence[StoredFile]) -> Files:
        for key, values in _scored(facts, tables).items():
            path = f"{_FOLDER}/meta_info_{key}.csv"
            yield path, csv_text(_rows(tables, values))
            yield f"{_FOLDER}/{key}.yml", text(_options(facts, path, key, values))


def _scored(facts: DatasetFacts, tables: Tables) -> dict[str, Values]:
    found = {key: means_of(facts, tables, key) for key in facts.study.keys}
    return {key: values for key, values in found.items() if not all(map(math.isnan, values.scores))}


def _rows(tables: Tables, values: Values) -> Iterator[Sequence[object]]:
    """Images without a score are left out: a reader would take nothing for a number."""
    yield COLUMNS
    images = tables.main.select(["stimulus", "split", "filename"]).to_pylist()
    numbers = zip(
        values.scores.tolist(), values.spreads.tolist(), values.raters.tolist(), strict=True
    )
    for image, (score, spread, raters) in zip(images, numbers, strict=True):
        if not math.isnan(score):
            part = _PARTS[image["split"]]
            yield tables.path_of(image), score, _or_empty(spread), _whole(raters), part


def _options(facts: DatasetFacts, path: str, key: str, values: Values) -> Iterator[str]:
    """Of the archive's folder as the working directory."""
    yield f"# {release_in_words(facts)}"
    yield from (f"# {line}" for line in scales_in_words({key: values}))
    yield "# An empty cell of std or raters: nobody said, or one rater. No file has times."
    yield "type: GeneralNRDataset"
    yield "dataroot_target: ."
    yield f"meta_info_file: {path}"
    yield f"mos_range: [{values.scale.minimum}, {values.scale.maximum}]"
    yield f"lower_better: {str(values.scale.direction == LOWER).lower()}"
    yield "split_index: official_split"


def _or_empty(number: float) -> object:
    return "" if math.isnan(number) else number


def _whole(number: float) -> object:
    return "" if math.isnan(number) else int(number)


FORMS.register(Pyiqa())
