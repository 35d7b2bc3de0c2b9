"""What stands next to images: texts and JSON of the same name, a table of them, folder names.

Pure functions over given names and bytes; nothing here opens a file.
"""

import csv
import io
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .decoding import unmarked_text
from .limits import LONGEST_PROMPT, MOST_BYTES
from .reader import reading_of
from .reading import Reading, settings_of
from .records import Records
from .tools.a1111 import reading_of as text_reading
from .tools.infotext import parsed_infotext
from .values import mapping, name_or_none, parsed_json, seed_or_none, text_or_none

#: The names of a table of images in the form that Hugging Face calls an image folder.
TABLES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
MOST_TABLE_BYTES, MOST_ROWS = 64 * 2**20, 200_000

_SUFFIXES = (".json", ".swarm.json", ".metadata.json", ".txt")
_FILE_NAMES = ("file_name", "filename", "image")
_PROMPTS = ("prompt", "positive_prompt", "Prompt", "text", "caption")
_NEGATIVES = ("negative_prompt", "negativePrompt", "negative", "Negative Prompt")
_GENERATORS = ("generator", "model", "model_name", "generator_name", "Model", "base_model")
_SEEDS = ("seed", "Seed")


class Source(StrEnum):
    """Where a field comes from, the most trusted first."""

    #: What the person who imports them says of this image.
    ROW = "row"
    IMAGE = "image"
    JSON = "json"
    TEXT = "text"
    TABLE = "table"
    FOLDER = "folder"
    #: What the person who imports them says of all images that nothing else says it of.
    GIVEN = "given"


@dataclass(frozen=True)
class Found:
    """One field's value and where it was found."""

    value: str
    source: Source
    #: The name of the file or folder.
    place: str


@dataclass(frozen=True)
class Description:
    """What all sources together say of one image."""

    name: str
    prompt: Found | None = None
    negative_prompt: Found | None = None
    generator: Found | None = None
    seed: Found | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """One source's reading of an image."""

    source: Source
    place: str
    reading: Reading


@dataclass(frozen=True)
class Table:
    """Readings by the image's name; `damaged` if the table, or a row of it, could not be read."""

    readings: Mapping[str, Reading]
    damaged: bool = False


def sidecar_names(name: str, names: Collection[str]) -> list[str]:
    """Of all `names` those of files about the image `name`, in the order of trust."""
    stem = str(PurePosixPath(name).with_suffix("")) if PurePosixPath(name).name else name
    beside = [f"{base}{suffix}" for suffix in _SUFFIXES for base in (stem, name)]
    return [other for other in dict.fromkeys(beside) if other in names and other != name]


def table_names(name: str, names: Collection[str]) -> list[str]:
    """Of all `names` those of tables in the image's folder and the folders above it, the nearest
    first."""
    folders = PurePosixPath(name).parents
    tables = (str(folder / table) for folder in folders for table in TABLES)
    return [table for table in tables if table in names]


def read_sidecar(name: str, data: bytes) -> Told | None:
    """The reading of a text or JSON file next to an image; None if it says nothing."""
    if len(data) > MOST_BYTES:
        return None
    text = unmarked_text(data).strip("\0\ufeff \t\r\n")
    if name.endswith(".json"):
        reading = _json_reading(text)
        return None if reading is None else Told(Source.JSON, name, reading.storable())
    info = parsed_infotext(text)
    if info is not None:
        return Told(Source.TEXT, name, text_reading(info).storable())
    if not text or len(text) > LONGEST_PROMPT:
        return None
    return Told(Source.TEXT, name, Reading(prompt=text).storable())


def _json_reading(text: str) -> Reading | None:
    """Of a tool's own record, else of an object with names that people use."""
    own = reading_of(Records(texts={"parameters": text, "prompt": text}))
    if own.tool:
        return own
    reading = _named_reading(mapping(parsed_json(text)))
    return reading if reading != Reading() else None


def _named_reading(record: Mapping[str, Any]) -> Reading:
    return Reading(
        prompt=text_or_none(_first(record, _PROMPTS)),
        negative_prompt=text_or_none(_first(record, _NEGATIVES)),
        model=name_or_none(_first(record, _GENERATORS)),
        seed=seed_or_none(_first(record, _SEEDS)),
    )


def _first(record: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((record[name] for name in names if record.get(name) not in (None, "")), None)


def read_table(name: str, data: bytes) -> Table:
    """A table of images: metadata.csv, .jsonl or .parquet, whose `file_name` is relative to it.

    Rows without a name are left out; of one name the first counts.
    """
    folder = PurePosixPath(name).parent
    readings: dict[str, Reading] = {}
    if len(data) > MOST_TABLE_BYTES:
        return Table({}, damaged=True)
    try:
        for number, row in enumerate(_rows(name, data)):
            if number >= MOST_ROWS:
                return Table(readings, damaged=True)
            image = text_or_none(_first(row, _FILE_NAMES))
            if image:
                reading = replace(_named_reading(row), settings=_rest(row)).storable()
                readings.setdefault(str(folder / image), reading)
    except (ValueError, csv.Error, pa.ArrowException, OSError, RecursionError):
        return Table(readings, damaged=True)
    return Table(readings)


def _rest(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return settings_of(row, (*_FILE_NAMES, *_PROMPTS, *_NEGATIVES, *_GENERATORS, *_SEEDS))


def _rows(name: str, data: bytes) -> Iterator[Mapping[str, Any]]:
    if name.endswith(".parquet"):
        for batch in pq.ParquetFile(io.BytesIO(data)).iter_batches(1000):
            yield from batch.to_pylist()
    elif name.endswith(".jsonl"):
        for line in unmarked_text(data).splitlines():
            if line.strip():
                yield mapping(json.loads(line))
    else:
        yield from csv.DictReader(io.StringIO(unmarked_text(data), newline=""), strict=True)


def folder_reading(name: str) -> Told | None:
    """The image's folder as the generator's name; None for an image in no folder."""
    folder = PurePosixPath(name).parent.name
    return Told(Source.FOLDER, folder, Reading(model=folder)) if folder else None


def described(name: str, told: Sequence[Told]) -> Description:
    """The fields of the most trusted source that has each. A record that says a negative prompt is
    empty has none to be looked for elsewhere."""
    ordered = sorted(told, key=lambda one: list(Source).index(one.source))
    return Description(
        name,
        prompt=_field(ordered, lambda reading: reading.prompt or None),
        negative_prompt=_field(ordered, lambda reading: reading.negative_prompt),
        generator=_field(ordered, lambda reading: reading.generator_name or None),
        seed=_field(ordered, lambda r: None if r.seed is None else str(r.seed)),
        notes=tuple(dict.fromkeys(note for one in ordered for note in one.reading.notes)),
    )


def _field(told: Sequence[Told], get: Callable[[Reading], str | None]) -> Found | None:
    for one in told:
        value = get(one.reading)
        if value is not None:
            return Found(value, one.source, one.place)
    return None
