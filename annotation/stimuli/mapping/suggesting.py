"""A mapping suggested from a table's header and first rows, and the columns that it leaves out
although they look like scores."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from workbench.core.problems import Problem
from workbench.core.tables import Columns, open_table
from workbench.core.tables.kinds import is_table_name

from ...opinion.sources import ScoreKind, Source
from ...opinion.units import HIGHER, LOWER
from .cells import TextCell, number_of
from .document import TableMapping
from .layout import flat
from .own import REQUIRED, manifest_mapping
from .presets import preset, preset_names
from .scores import OVERALL, ScoreCells

#: What the columns of texts are called, as `plain` has it, most telling first.
_TEXTS: Mapping[str, tuple[str, ...]] = {
    "name": (
        *("filename", "file_name", "dist_name", "dist_img", "img_name", "image_name"),
        *("image", "img", "name", "file", "image_path", "path", "image_id"),
        *("图片", "图像", "文件名"),
    ),
    "prompt": ("prompt", "text_prompt", "prompt_text", "caption", "text", "提示词"),
    "generator": (
        "generator",
        "model",
        "model_name",
        "generator_name",
        "t2i_model",
        "tool",
        "模型",
    ),
    "group": ("ref_name", "ref_img", "hq_name", "reference"),
    "split": ("split", "official_split", "set"),
}
_SPLIT_WORDS = {
    **dict.fromkeys(("train", "training", "val", "validation"), "pool"),
    "test": "holdout",
}
#: Perspectives by the words that databases have for them.
_PERSPECTIVES = {"align": "correspondence", "alignment": "correspondence", "": OVERALL}
_MEAN = re.compile(
    r"(?P<kind>mosz|d?mos|elo|score|mean|zscore)(?:_(?:score|zscore|mean))?_?(?P<about>\w*)"
)
#: The other way round, as in `quality_mos`.
_MEAN_LAST = re.compile(r"(?P<about>\w+?)_(?P<kind>d?mos|elo|score|mean|zscore)")
_SPREADS = {
    "sd": ("sd", "std", "stdev", "stddev", "std_dev", "standard_deviation"),
    "variance": ("var", "variance"),
}
_KINDS = {
    "dmos": ScoreKind.DMOS,
    "elo": ScoreKind.ELO,
    **dict.fromkeys(("zscore", "mosz"), ScoreKind.Z_SCORE),
}
_NO_MEANS = frozenset(word for words in _SPREADS.values() for word in words)
_RATERS = ("raters", "c_total", "n", "n_raters", "num_raters", "n_ratings", "votes")
#: Names of columns that are likely to be scores, or to say how sure they are.
_LIKE_SCORES = re.compile(
    r"(.*_)?(d?mos[^_]*|elo|sd|std|stdev|stddev|var|variance|deviation|scores?|ratings?|z?score|"
    r"mean|quality|aesthetics?|authenticity|alignment|align|correspondence|fidelity|preference|"
    r"rank|overall|opinion|grades?|naturalness|realism|plausibility|coherence|consistency"
    r")([_\d].*)?|c[1-9]|.*(分|均值|标准差|方差).*"
)
#: What stands between the words of a column's name, and what a name says besides in brackets.
_BETWEEN = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")
_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_SCALES = ((0.0, 1.0), (1.0, 5.0), (0.0, 5.0), (0.0, 10.0), (0.0, 100.0), (0.0, 3000.0))

#: Of several tables the one that is looked at first.
_FIRST = (".arrow", ".parquet")
#: Rows by which it is told what a column holds.
_LOOKED_AT = 200

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Suggestion:
    """A mapping, its name ("" if it was made up from the columns' names), and the fields that no
    column was found for: they have to be said."""

    mapping: TableMapping
    name: str = ""
    missing: tuple[str, ...] = ()


def suggest_in(
    path: Path,
    *,
    source: str,
    perspectives: Sequence[str],
    saved: Mapping[str, TableMapping] = MappingProxyType({}),
) -> Suggestion:
    """As `suggest`, of the table at `path`, or of the tables in the folder at `path`: by the names
    of the files, else by the header of the first one. Raises TableError."""
    if path.is_file():
        return suggest_for(path, source=source, perspectives=perspectives, saved=saved)
    tables = sorted(file for file in path.rglob("*") if file.is_file() and is_table_name(file.name))
    known = {**saved, **{name: preset(name) for name in preset_names()}}
    for name, mapping in known.items():
        if mapping.files and _has_files(mapping, [table.name for table in tables]):
            return Suggestion(mapping, name)
    first = next((file for file in tables if file.suffix.lower() in _FIRST), None)
    first = first or next(iter(tables), path)
    return suggest_for(first, source=source, perspectives=perspectives, saved=saved)


def _has_files(mapping: TableMapping, names: Sequence[str]) -> bool:
    """Whether all files that a mapping needs are there, and at least one of them by its full
    name."""
    needed = [part.file for part in mapping.files if part.file and not part.optional]
    return any(file in names for file in needed) and all(
        any(fnmatch(name, file) for name in names) for file in needed
    )


def suggest_for(
    path: Path,
    *,
    source: str,
    perspectives: Sequence[str],
    saved: Mapping[str, TableMapping] = MappingProxyType({}),
) -> Suggestion:
    """As `suggest`, of the table at `path`. Raises TableError."""
    rows = [flat(record).values for record in islice(open_table(path, Columns()), _LOOKED_AT)]
    header = dict.fromkeys(key for row in rows for key in row)
    return suggest(list(header), rows, source=source, perspectives=perspectives, saved=saved)


def suggest(
    header: Sequence[str],
    rows: Rows,
    *,
    source: str,
    perspectives: Sequence[str] = (),
    saved: Mapping[str, TableMapping] = MappingProxyType({}),
) -> Suggestion:
    """The likeliest mapping. rows: the first ones, by the header's names; source: what the scores
    are called unless a database is recognised; perspectives: of the study (keys); saved: mappings
    that it keeps, which go before a database's."""
    if _has(header, REQUIRED):
        return Suggestion(manifest_mapping(perspectives, Source(source)), "")
    known = {**saved, **{name: preset(name) for name in preset_names()}}
    # Of two that fit alike the first, which is one that the study keeps.
    name = max(known, key=lambda name: _fit(header, known[name]))
    if _fit(header, known[name]):
        return Suggestion(known[name], name)
    return _made_up(header, rows, source)


def unmapped_scores(header: Sequence[str], rows: Rows, mapping: TableMapping) -> list[str]:
    """The columns that look like scores, hold numbers, and are neither mapped nor named as
    metadata."""
    known = Columns(others=mapping.columns | set(mapping.metadata))
    return [
        name
        for name in header
        if not known.knows(name) and _LIKE_SCORES.fullmatch(plain(name)) and _numbers(name, rows)
    ]


def _has(header: Sequence[str], names: Sequence[str]) -> bool:
    known = Columns(others=frozenset(names))
    return len({known.named(name) for name in header} & set(names)) == len(names)


def _fit(header: Sequence[str], mapping: TableMapping) -> int:
    """How many columns of the header a preset for one table with a header knows; 0 if it does not
    fit."""
    if mapping.files or not _has(header, mapping.required):
        return 0
    known = Columns(others=mapping.columns | set(mapping.metadata))
    return sum(known.knows(name) for name in header)


def _made_up(header: Sequence[str], rows: Rows, source: str) -> Suggestion:
    texts = {
        field: found
        for field, words in _TEXTS.items()
        if (found := _first(header, words)) is not None
    }
    missing = tuple(field for field in ("name", "generator") if field not in texts)
    cells: dict[str, Any] = {field: TextCell(column) for field, column in texts.items()}
    if "split" in cells:
        cells["split"] = TextCell(texts["split"], words=_SPLIT_WORDS)
    if "prompt" in cells:
        cells.pop("group", None)
    elif "group" not in cells:
        missing += ("prompt",)
        cells["prompt"] = TextCell(value="photograph")
    cells.setdefault("generator", TextCell(value="unknown"))
    cells.setdefault("name", TextCell(header[0] if header else "filename"))
    scores = tuple(_scores(header, rows, source))
    return Suggestion(TableMapping(source=source, scores=scores, **cells), "", missing)


def _first(header: Sequence[str], words: Sequence[str]) -> str | None:
    folded = {plain(name): name for name in reversed(header)}
    return next((folded[word] for word in words if word in folded), None)


def plain(name: str) -> str:
    """A column's name in small letters, its words joined by `_`: "MOS (1-5)" is `mos`, "Std. Dev."
    `std_dev`, "imageName" `image_name`."""
    words = _BETWEEN.sub("_", _BRACKETS.sub(" ", name)).strip("_")
    return words.casefold()


def _mean(name: str) -> tuple[str, str] | None:
    """The kind of score, and what it is about, of a column of means."""
    words = plain(name)
    if found := _MEAN.fullmatch(words) or _MEAN_LAST.fullmatch(words):
        about = found["about"]
        return None if about in _NO_MEANS else (found["kind"], about)
    return None


def _scores(header: Sequence[str], rows: Rows, source: str) -> Iterator[ScoreCells]:
    """One for each column of means; the first of two about one perspective."""
    taken: set[str] = set()
    for name in header:
        found = _mean(name)
        if found is None or not _numbers(name, rows):
            continue
        perspective = _PERSPECTIVES.get(found[1], found[1])
        if perspective not in taken:
            taken.add(perspective)
            yield _score(name, header, rows, source, *found)


def _score(
    name: str, header: Sequence[str], rows: Rows, source: str, kind: str, about: str
) -> ScoreCells:
    minimum, maximum = _scale(name, rows)
    is_difference = kind == "dmos"
    scale = Source(
        source,
        minimum,
        maximum,
        LOWER if is_difference else HIGHER,
        _KINDS.get(kind, ScoreKind.OTHER).value,
    )
    spreads: dict[str, Any] = {
        part: column
        for part, words in _SPREADS.items()
        if (column := _first(header, [*_about(words, about)]))
    }
    if "sd" in spreads:
        spreads.pop("variance", None)
    raters = _first(header, (*_about(["raters"], about), *_RATERS)) or ""
    return ScoreCells(_PERSPECTIVES.get(about, about), scale, name, raters=raters, **spreads)


def _about(words: Sequence[str], about: str) -> Iterator[str]:
    """Names of columns about something."""
    for word in words:
        yield from (f"{word}_{about}", f"{about}_{word}") if about else (word,)


def _scale(name: str, rows: Rows) -> tuple[float, float]:
    """The narrowest usual scale that the first values fit: a guess, to be looked at."""
    values = _numbers(name, rows)
    fitting = (ends for ends in _SCALES if ends[0] <= min(values) and max(values) <= ends[1])
    return next(fitting, (min(values), max(values) + 1))


def _numbers(name: str, rows: Rows) -> list[float]:
    """The numbers in the column; none if it holds anything else."""
    try:
        found = [number_of(name, row) for row in rows]
    except Problem:
        return []
    return [number for number in found if number is not None]
