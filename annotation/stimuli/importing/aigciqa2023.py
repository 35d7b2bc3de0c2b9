"""The AIGCIQA2023+ release (IntMeGroup/MINT-IQA): 6 generators × 100 prompts × 4 images.

Reads mos.csv, explanations.csv, prompts.csv and official_split.json in one folder. The images come
separately, as `<index>.png` (the authors' download) or `<generator>/PPP-K.png`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import loadmat

from workbench.core.problems import Problem
from workbench.core.tables import Columns, Record, TableError, decode, read_file, read_table
from workbench.core.texts import gettext_noop

from ...protocol.aigciqa2023 import AIGCIQA2023_PERSPECTIVES
from ..mapping.presets import preset
from ..mapping.scores import ScoreCells, read_scores
from .manifest import Manifest, ManifestRow
from .names import safe_name
from .problems import ImageError, RowError, RowNote
from .sources import ImageSource

#: What its scores are. Raters of each image (Wang et al., arXiv 2307.00211): no file gives their
#: number.
PRESET = "aigciqa2023plus"
#: The closed answers and their number of levels (1 is the worst).
LEVELS = {
    "quality_clarity": 4,
    "quality_outline": 4,
    "quality_detail": 4,
    "authenticity_distortion": 3,
    "correspondence_consistency": 3,
}
TEXTS = (
    "authenticity_text_zh",
    "correspondence_text_zh",
    "authenticity_text_en",
    "correspondence_text_en",
)
#: Folders of the authors' download: its standard deviations, and its images.
_SPREADS = "DATA/STD/SD{number}.mat"
_FOLDERS = ("", "Image/allimg/", "allimg/")


@dataclass(frozen=True)
class Release:
    """The release as a manifest, and its mistakes, which are reported and left out."""

    manifest: Manifest
    slips: list[RowNote]


@dataclass(frozen=True)
class _Tables:
    """What is known about an image apart from its scores."""

    explanations: Mapping[int, Mapping[str, str]]
    prompts: Mapping[int, Mapping[str, str]]
    split: Mapping[int, str]
    #: Perspective → standard deviation by image; empty if the download has none.
    spreads: Mapping[str, Sequence[float]]


def read_release(folder: Path, *, perspectives: Sequence[str]) -> Release:
    """All rows of the release in `folder`, with its scores from those of `perspectives` it has.

    Raises TableError if one of its files is unusable, or it has none of these perspectives.
    """
    asked = [key for key in AIGCIQA2023_PERSPECTIVES if key in perspectives]
    if not asked:
        raise TableError(
            gettext_noop("the release scores %(release)s, the study asks for %(study)s"),
            gettext_noop("give the study's perspectives the keys of the release"),
            release=", ".join(AIGCIQA2023_PERSPECTIVES),
            study=", ".join(perspectives),
        )
    mapping, _left = preset(PRESET).of_study(asked)
    scores = _table(folder, "mos.csv", ("index", "img", "prompt"), mapping.numbers)
    tables = _Tables(
        _by_number(folder, "explanations.csv", ("index", "filename", "generator", *LEVELS, *TEXTS)),
        _by_number(folder, "prompts.csv", ("prompt_index", "challenge", "category")),
        _official_split(folder / "official_split.json"),
        _spreads(folder),
    )
    release = Release(Manifest([], [], sources=mapping.sources), [])
    for record in scores:
        try:
            row, slips = _read_row(record, tables, mapping.scores)
        except Problem as problem:
            name = record.values.get("img", "")
            release.manifest.errors.append(RowError.of(record.row, record.line, name, problem))
        else:
            release.manifest.rows.append(row)
            release.slips.extend(_slip(row, key, value) for key, value in slips.items())
    return release


def _read_row(
    record: Record, tables: _Tables, cells: tuple[ScoreCells, ...]
) -> tuple[ManifestRow, dict[str, str]]:
    """The row, and the closed answers that are not a level of their question."""
    if record.problem is not None:
        raise record.problem
    index = _number(record.values["index"], "mos.csv", record.line)
    explanation = tables.explanations.get(index)
    if explanation is None:
        raise _without("explanations.csv", index)
    prompt = tables.prompts.get(_prompt_number(explanation["filename"]))
    if prompt is None:
        raise _without("prompts.csv", index)
    levels, slips = _levels(explanation)
    metadata: dict[str, Any] = {
        "index": index,
        "challenge": prompt["challenge"],
        "category": prompt["category"],
        **levels,
        **{key: explanation[key].strip() for key in TEXTS if explanation[key].strip()},
    }
    if index in tables.split:
        metadata["official_split"] = tables.split[index]
    for perspective, values in tables.spreads.items():
        if index < len(values):
            metadata[f"release_sd_{perspective}"] = values[index]
    if slips:
        metadata["release_slips"] = slips
    row = ManifestRow(
        record.row,
        record.line,
        safe_name(f"{explanation['generator']}/{explanation['filename']}"),
        # Two prompts end in a space in prompts.csv but not in mos.csv.
        record.values["prompt"].strip(),
        explanation["generator"],
        metadata,
        tuple(read_scores(cells, record.values)),
    )
    return row, slips


def _levels(explanation: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    levels, slips = {}, {}
    for key, highest in LEVELS.items():
        answer = explanation[key].strip()
        if answer in {str(level) for level in range(1, highest + 1)}:
            levels[key] = int(answer)
        else:
            slips[key] = answer
    return levels, slips


def _slip(row: ManifestRow, key: str, answer: str) -> RowNote:
    return RowNote(
        row.row,
        row.line,
        row.filename,
        gettext_noop(
            '%(key)s is "%(answer)s" in the release, which is not a level of 1…%(highest)d'
        ),
        gettext_noop("the answer is left out; the original value is kept under release_slips"),
        {"key": key, "answer": answer, "highest": LEVELS[key]},
    )


def _prompt_number(filename: str) -> int:
    """The prompt's number in a name like `012-3.png`; −1 if there is none."""
    digits = filename.split("-", 1)[0]
    return int(digits) if digits.isdecimal() else -1


def _without(table: str, index: int) -> Problem:
    return Problem(
        gettext_noop("image %(index)d has no row in %(table)s"),
        gettext_noop("use the files of one release together"),
        index=index,
        table=table,
    )


def _number(text: str, table: str, line: int) -> int:
    if not text.strip().isdecimal():
        raise TableError(
            gettext_noop('%(table)s, line %(line)d: the index "%(text)s" is not a number'),
            gettext_noop("copy the file from the release again"),
            table=table,
            line=line,
            text=text[:40],
        )
    return int(text)


def _table(
    folder: Path, name: str, columns: tuple[str, ...], numbers: frozenset[str] = frozenset()
) -> Iterator[Record]:
    known = Columns(columns, numbers)
    return read_table(read_file(folder / name), name, known)


def _by_number(folder: Path, name: str, columns: tuple[str, ...]) -> dict[int, Mapping[str, str]]:
    """A table by its first column, a number; raises TableError."""
    rows = {}
    for record in _table(folder, name, columns):
        if record.problem is not None:
            raise TableError(
                gettext_noop("%(table)s is broken at line %(line)d"),
                gettext_noop("copy the file from the release again"),
                table=name,
                line=record.line,
            )
        rows[_number(record.values[columns[0]], name, record.line)] = record.values
    return rows


def _spreads(folder: Path) -> dict[str, list[float]]:
    """The standard deviations of the authors' download (DATA/STD/SD1…3.mat, next to the images).

    The authors do not give their scale (they are near 1, with scores on 0…100), so they are kept as
    they are and not used as spreads of the scores. Raises TableError.
    """
    found = {}
    for number, perspective in enumerate(AIGCIQA2023_PERSPECTIVES, start=1):
        path = folder / _SPREADS.format(number=number)
        if path.exists():
            found[perspective] = _spread(path)
    return found


def _spread(path: Path) -> list[float]:
    try:
        values = loadmat(path)["SD"].reshape(-1).astype(float)
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise _without_list(path, "SD") from error
    if not np.isfinite(values).all():
        raise _without_list(path, "SD")
    spread: list[float] = values.tolist()
    return spread


def _without_list(path: Path, key: str) -> TableError:
    return TableError(
        gettext_noop("%(name)s does not contain a list of numbers %(key)s"),
        gettext_noop("copy the file from the release again"),
        name=path.name,
        key=key,
    )


def _official_split(path: Path) -> dict[int, str]:
    try:
        parts = json.loads(decode(read_file(path), path.name))
        return {int(index): part for part in ("train", "test") for index in parts[part]}
    except (ValueError, KeyError, TypeError) as error:
        raise TableError(
            gettext_noop("%(name)s does not contain the lists train and test"),
            gettext_noop("copy the file from the release again"),
            name=path.name,
        ) from error


class ReleaseImages:
    """The release's images in a folder or ZIP, named in either way."""

    def __init__(self, source: ImageSource, manifest: Manifest) -> None:
        self._source = source
        self._names = {
            row.filename: (
                *(f"{folder}{row.filename}" for folder in _FOLDERS),
                *(f"{folder}{row.metadata['index']}.png" for folder in _FOLDERS),
            )
            for row in manifest.rows
        }

    def locate(self, name: str) -> str | None:
        found = self._find(name)
        return None if found is None else self._source.locate(found)

    def holds(self, name: str) -> bool:
        return self._find(name) is not None

    def read(self, name: str) -> bytes:
        found = self._find(name)
        if found is None:
            raise self.missing(name)
        return self._source.read(found)

    def missing(self, name: str) -> ImageError:
        return self._source.missing(name)

    def close(self) -> None:
        self._source.close()

    def _find(self, name: str) -> str | None:
        return next(filter(self._source.holds, self._names[name]), None)
