"""The layout of AIGCIQA2023+: MATLAB files of scores and their spreads, explanations, question and
answer pairs, and a split, by the number of an image in the grid. Pure: no Django.

`manage.py import_aigciqa2023` reads it, and so does what was written for the authors' files.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ....protocol.aigciqa2023 import AIGCIQA2023_PERSPECTIVES
from ....protocol.questions import Questions, pairs_of
from ..facts import DatasetFacts, StoredFile
from .base import FOLDER, FORMS, Files
from .grid import Grid, GridError, grid_of
from .mat import mat
from .said import csv_text, json_array, json_text, release_in_words, scales_in_words, text
from .tables import Tables
from .values import Numbers, Values, estimates_of
from .words import PUBLISHED, RULE, Words, WordsByImage, words_of

_FOLDER = f"{FOLDER}/aigciqa2023"
_LANGUAGES = ("zh", "en")
_SPLIT = "official_split"
_PARTS = {"pool": "train", "holdout": "test"}


class Aigciqa2023Layout:
    name = "aigciqa2023"
    version = "1"
    citation = "Wang et al., MINT-IQA, arXiv 2405.07346: the files of AIGCIQA2023+"
    label = "AIGCIQA2023+: .mat files of scores, explanations, question and answer pairs, split"

    def lacks(self, facts: DatasetFacts, tables: Tables) -> str:
        try:
            grid_of(tables.main)
        except GridError as error:
            return str(error)
        return ""

    def files(self, facts: DatasetFacts, tables: Tables, stored: Sequence[StoredFile]) -> Files:
        layout = _Layout(facts, tables, grid_of(tables.main))
        for number, values in enumerate(layout.values.values(), start=1):
            yield f"{_FOLDER}/DATA/MOS/mosz{number}.mat", [layout.scores(number, values)]
            yield f"{_FOLDER}/DATA/STD/SD{number}.mat", [layout.spreads(number, values)]
        yield f"{_FOLDER}/mos.csv", csv_text(layout.mos_rows())
        yield f"{_FOLDER}/explanations.csv", csv_text(layout.explanation_rows())
        yield f"{_FOLDER}/prompts.csv", csv_text(layout.prompt_rows())
        yield f"{_FOLDER}/images.csv", csv_text(layout.image_rows())
        yield f"{_FOLDER}/official_split.json", json_text(layout.split())
        yield f"{_FOLDER}/instruct.json", json_array(layout.pairs())
        yield f"{_FOLDER}/README.md", text(layout.readme())


@dataclass(frozen=True)
class _Layout:
    facts: DatasetFacts
    tables: Tables
    grid: Grid

    @cached_property
    def keys(self) -> list[str]:
        """The perspectives: those of AIGCIQA2023 have their numbers if the study has all three."""
        own = self.facts.study.keys
        first = [key for key in AIGCIQA2023_PERSPECTIVES if key in own]
        return [*first, *(key for key in own if key not in first)]

    @cached_property
    def values(self) -> dict[str, Values]:
        return {key: estimates_of(self.facts, self.tables, key) for key in self.keys}

    @cached_property
    def units(self) -> dict[str, Numbers]:
        """Scores on 0…1 by number."""
        return {key: values.units[list(self.grid.places)] for key, values in self.values.items()}

    @cached_property
    def images(self) -> list[int]:
        """Keys by number."""
        return [self.tables.keys[place] for place in self.grid.places]

    @cached_property
    def metadata(self) -> list[Mapping[str, Any]]:
        return [self.tables.metadata.get(key, {}) for key in self.images]

    @cached_property
    def words(self) -> WordsByImage:
        return words_of(self.facts, self.tables)

    def scores(self, number: int, values: Values) -> bytes:
        scores = hundredfold(self.units[self.keys[number - 1]])
        said = self._said(number) | {"what": values.what, "scale": "0...100", "direction": "higher"}
        return mat("MOSz", scores, said)

    def spreads(self, number: int, values: Values) -> bytes:
        spreads = values.spreads[list(self.grid.places)]
        return mat("SD", spreads, self._said(number) | {"scale": values.spread_scale})

    def _said(self, number: int) -> dict[str, str]:
        said = {
            "dataset": self.facts.name,
            "release": release_in_words(self.facts),
            "perspective": self.keys[number - 1],
            "missing": "NaN",
        }
        # MATLAB's texts have no letters beyond those of one byte that every reader takes alike.
        return {name: words.encode("ascii", "replace").decode() for name, words in said.items()}

    def mos_rows(self) -> Iterator[Sequence[object]]:
        yield "index", "img", "prompt", *(f"mos_{key}" for key in self.keys)
        for number in range(len(self.images)):
            yield number, f"{number}.png", self._prompt(number), *map(_or_empty, self._of(number))

    def prompt_rows(self) -> Iterator[Sequence[object]]:
        yield "prompt_index", "challenge", "category", "prompt"
        for number, prompt in enumerate(self.grid.prompts):
            said = self.metadata[number * self.grid.size]
            yield number, said.get("challenge", ""), said.get("category", ""), prompt

    def image_rows(self) -> Iterator[Sequence[object]]:
        yield "index", "path", "stimulus"
        rows = self.tables.main.select(["stimulus", "split", "filename"]).to_pylist()
        for number, place in enumerate(self.grid.places):
            yield number, self.tables.path_of(rows[place]), rows[place]["stimulus"]

    def explanation_rows(self) -> Iterator[Sequence[object]]:
        fields = self.tables.form.fields
        texts = [(key, language) for language in _LANGUAGES for key in self._with_texts()]
        yield (
            *("index", "filename", "generator", *(field.key for field in fields)),
            *(f"{key}_text_{language}" for key, language in texts),
            *(f"rater_{key}" for key in self.keys),
        )
        for number, image in enumerate(self.images):
            words, said = self.words.get(image, {}), self.metadata[number]
            yield (
                *(number, self.grid.filename(number), self._generator(number)),
                *(_level(field.key, words.get(field.perspective), said) for field in fields),
                *(_text(words.get(key), said, key, language) for key, language in texts),
                *(words[key].rater if key in words else "" for key in self.keys),
            )

    def split(self) -> dict[str, list[int]]:
        """That of the imported release if it says one of each image, else pool and hold-out."""
        parts = [said.get(_SPLIT) for said in self.metadata]
        if not all(part in _PARTS.values() for part in parts):
            own = self.tables.main["split"].to_pylist()
            parts = [_PARTS[own[place]] for place in self.grid.places]
        return {
            part: [number for number, found in enumerate(parts) if found == part]
            for part in _PARTS.values()
        }

    def pairs(self) -> Iterator[dict[str, Any]]:
        questions = Questions.of(self.facts.study.perspectives, self.tables.form)
        for number, image in enumerate(self.images):
            of_image = self.words.get(image, {})
            numbers = enumerate(self._of(number), start=1)
            scores = {f"moz{place}": _or_none(score) for place, score in numbers}
            row = {"id": number, "img": f"{number}.png", "prompt": self._prompt(number), **scores}
            reasons = {key: words.reason for key, words in of_image.items()}
            for pair in pairs_of(questions, reasons):
                yield {**row, "q": questions.texts[pair.question], "a": pair.answer}

    def readme(self) -> Iterator[str]:
        size, prompts = self.grid.size, len(self.grid.prompts)
        yield release_in_words(self.facts)
        yield ""
        yield (
            f"Image {size * prompts}·g + {size}·p + k is the k-th of {size} that generator g made "
            "for prompt p of prompts.csv, all from 0. Generators: "
            f"{', '.join(self.grid.generators)}."
        )
        yield "Pictures are where images.csv says; `img` is what the authors call theirs."
        yield "MOSz is on 0…100, a hundredth of it in mos.csv and instruct.json. Higher is better."
        yield "Nothing is NaN in .mat, an empty cell in .csv, null in .json. No file has times."
        yield ""
        for number, line in enumerate(scales_in_words(self.values), start=1):
            yield f"- mosz{number}.mat, SD{number}.mat, moz{number}: {line}"
        yield ""
        yield RULE

    def _with_texts(self) -> list[str]:
        return list(dict.fromkeys(item.perspective for item in self.tables.form.texts))

    def _prompt(self, number: int) -> str:
        return self.grid.prompts[self.grid.cell(number)[1]]

    def _generator(self, number: int) -> str:
        return self.grid.generators[self.grid.cell(number)[0]]

    def _of(self, number: int) -> list[float]:
        return [float(self.units[key][number]) for key in self.keys]


def hundredfold(units: Numbers) -> Numbers:
    """Scores on 0…100, of which a hundredth is the one on 0…1 to the last bit if it once was."""
    found = units * 100
    for end in (np.inf, -np.inf):
        other = np.nextafter(found, end)
        found = np.where((found / 100 != units) & (other / 100 == units), other, found)
    return found


def _level(field: str, words: Words | None, said: Mapping[str, Any]) -> object:
    """What an imported release says beyond its form is kept."""
    if words and field in words.reason.phrases:
        return words.reason.phrases[field]
    slips = said.get("release_slips")
    return slips.get(field, "") if isinstance(slips, dict) else ""


def _text(words: Words | None, said: Mapping[str, Any], key: str, language: str) -> str:
    if words is None or words.rater == PUBLISHED:
        found = said.get(f"{key}_text_{language}")
        return found if isinstance(found, str) else ""
    return words.reason.text if words.language == language else ""


def _or_none(score: float) -> float | None:
    return None if np.isnan(score) else score


def _or_empty(score: float) -> object:
    return "" if np.isnan(score) else score


FORMS.register(Aigciqa2023Layout())
