"""Rows from a folder or ZIP of images without a manifest: from them and the files next to them."""

import io
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from functools import lru_cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Protocol

from workbench.core.problems import Problem
from workbench.core.tables.errors import too_long
from workbench.core.texts import gettext_noop

from ..generation.notes import DAMAGED
from ..generation.reader import read
from ..generation.reading import Reading
from ..generation.sidecars import (
    Description,
    Found,
    Source,
    Table,
    Told,
    described,
    folder_reading,
    read_sidecar,
    read_table,
    sidecar_names,
    table_names,
)
from ..mapping.own import Fills
from .gaps import Gap
from .manifest import Manifest, ManifestRow
from .names import is_system_file, safe_name
from .problems import ArchiveError, RowError, RowNote
from .remarks import Remark
from .sources import ImageSource, open_source

#: In an image's metadata, where each of its fields was found.
FOUND_IN = "found_in"
IMAGES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
#: Pictures that are not read: each is named, as nobody would miss it among thousands.
OTHER_IMAGES = frozenset(
    {".avif", ".bmp", ".gif", ".heic", ".heif", ".jp2", ".jxl", ".tif", ".tiff"}
)
#: By these names the page knows a manifest among dropped files.
MANIFESTS = frozenset({"manifest.csv", "manifest.tsv", "manifest.jsonl", "manifest.json"})
#: In every Office document (ECMA-376-2).
_WORKBOOK = "[Content_Types].xml"
#: Folders that are not named after a generator.
_SAY_NOTHING = {
    *("allimg", "generated", "image", "images", "img", "imgs", "picture", "pictures"),
    *("data", "dataset", "output", "outputs", "results", "samples"),
    *("test", "train", "val", "validation", "jpg", "png", "webp"),
}
_LONGEST_NAME, _LONGEST_GENERATOR = 300, 200
_DAMAGED_TABLE = gettext_noop(
    'Not all rows of "%(name)s" could be read: it is damaged, or too large.'
)


class ListedSource(ImageSource, Protocol):
    """Images whose names are known."""

    def names(self) -> list[str]:
        """The names of all files, sorted; of a name with several spellings the likeliest."""
        ...


def holds_images(path: Path) -> bool:
    """Whether `path` is a folder, or a ZIP with an image in it. A workbook is a ZIP with pictures,
    too, but none of images."""
    if path.is_dir():
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            return _WORKBOOK not in names and any(map(_is_image, names))
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False


def is_images_alone(path: Path) -> bool:
    """Whether `path` is a folder or ZIP with images in it, and no manifest of them."""
    try:
        with closing(open_source(path)) as source:
            names = source.names()
    except Problem:
        return False
    return _WORKBOOK not in names and any(map(_is_image, names)) and _manifest(names) is None


def read_folder(
    source: ListedSource,
    constants: Mapping[str, str] = MappingProxyType({}),
    fills: Fills = MappingProxyType({}),
) -> Manifest:
    """A row for each image, in the order of their names; an image whose prompt or generator is not
    found is an error by name and a gap, and one of a kind that is not read, such as AVIF, an error.
    constants: the `prompt` or `generator` of images that have none of their own. fills: those of
    single images, whatever else says of them.

    Raises ArchiveError if there is no image, or a manifest that would not be read.
    """
    names = source.names()
    images = [name for name in names if _is_image(name)]
    if not images:
        raise ArchiveError(
            gettext_noop("there is no JPEG, PNG or WebP file"),
            gettext_noop("give the folder or the ZIP file that contains the images"),
        )
    _refuse_manifest(names)
    manifest = Manifest([], [])
    given = Told(
        Source.GIVEN,
        "",
        Reading(prompt=constants.get("prompt"), generator=constants.get("generator", "")),
    )
    beside = _Beside(source, frozenset(names))
    for number, name in enumerate(images, start=1):
        folders = _told_by_folder(name, beside.folders)
        beside_it, unread = beside.told(name)
        told = [*_told_by_row(name, fills), *_told_by_image(source, name), *beside_it]
        description = described(name, [*told, *folders, given])
        try:
            manifest.rows.append(_row(number, description))
        except Problem as problem:
            manifest.errors.append(RowError.of(number, number, name[:300], problem))
            manifest.gaps.extend(_gap(number, description))
        if DAMAGED in description.notes:
            manifest.notes.append(_unread(number, name, name))
        manifest.notes.extend(_unread(number, name, other) for other in unread)
    manifest.remarks.extend(beside.remarks())
    manifest.errors.extend(_other_images(names, after=len(images)))
    return manifest


def _is_image(name: str, kinds: Collection[str] = IMAGES) -> bool:
    return PurePosixPath(name).suffix.lower() in kinds and not is_system_file(name)


def _other_images(names: list[str], after: int) -> Iterator[RowError]:
    others = [name for name in names if _is_image(name, OTHER_IMAGES)]
    for number, name in enumerate(others, start=after + 1):
        problem = Problem(
            gettext_noop('image "%(filename)s" is %(found)s'),
            gettext_noop("save it as JPEG, PNG or WebP"),
            filename=name,
            found=PurePosixPath(name).suffix[1:].upper(),
        )
        yield RowError.of(number, number, name[:300], problem)


def _manifest(names: list[str]) -> str | None:
    """Whoever packs a folder has it in all names."""
    known = (name for name in names if PurePosixPath(name).name.lower() in MANIFESTS)
    return next((name for name in known if name.count("/") < 2), None)


def _refuse_manifest(names: list[str]) -> None:
    found = _manifest(names)
    if found is not None:
        raise ArchiveError(
            gettext_noop('the images come with a manifest, "%(name)s"'),
            gettext_noop("import the manifest, with this as its images; or take it out"),
            name=found,
        )


class _Beside:
    """The files next to images: texts, JSON and tables, and which of them cannot be read."""

    def __init__(self, source: ListedSource, names: frozenset[str]) -> None:
        self._source, self._names = source, names
        self.folders = {PurePosixPath(name).parent for name in names if _is_image(name)}
        self._damaged: dict[str, None] = {}
        self._table = lru_cache(maxsize=4)(self._read_table)

    def told(self, name: str) -> tuple[list[Told], list[str]]:
        """What they say of an image, and the names of those that say nothing."""
        beside = {
            other: read_sidecar(other, self._source.read(other))
            for other in sidecar_names(name, self._names)
        }
        told = [said for said in beside.values() if said is not None]
        for place in table_names(name, self._names):
            reading = self._table(place).readings.get(name)
            if reading is not None:
                told.append(Told(Source.TABLE, place, reading))
        return told, [other for other, said in beside.items() if said is None]

    def remarks(self) -> Iterator[Remark]:
        """On the tables that could not be read to their end."""
        for name in self._damaged:
            yield Remark(_DAMAGED_TABLE, {"name": name})

    def _read_table(self, name: str) -> Table:
        table = read_table(name, self._source.read(name))
        if table.damaged:
            self._damaged[name] = None
        return table


def _told_by_row(name: str, fills: Fills) -> Iterator[Told]:
    said = fills.get(name)
    if said:
        reading = Reading(prompt=said.get("prompt"), generator=said.get("generator", ""))
        yield Told(Source.ROW, "", reading)


def _told_by_folder(name: str, folders: Collection[PurePosixPath]) -> Iterator[Told]:
    """Nothing of the only folder, in which all images lie, or of one with a usual name."""
    folder = folder_reading(name)
    if folder is not None and len(folders) > 1 and folder.place.casefold() not in _SAY_NOTHING:
        yield folder


def _told_by_image(source: ListedSource, name: str) -> Iterator[Told]:
    try:
        data = source.read(name)
    except Problem:
        return  # it is said when the image itself is checked
    reading = read(io.BytesIO(data), name)
    if reading is not None:
        yield Told(Source.IMAGE, name, reading)


def _row(number: int, description: Description) -> ManifestRow:
    name = safe_name(description.name)
    if len(name) > _LONGEST_NAME:
        raise too_long("filename", len(name), _LONGEST_NAME)
    generator = _needed(description.generator, _no_generator(name))
    if len(generator) > _LONGEST_GENERATOR:
        raise too_long("generator", len(generator), _LONGEST_GENERATOR)
    prompt = _needed(description.prompt, _no_prompt(name))
    return ManifestRow(number, number, name, prompt, generator, _metadata(description))


def _gap(number: int, description: Description) -> Iterator[Gap]:
    """What there is to fill in, of an image that is in error for it."""
    fields = {"prompt": description.prompt, "generator": description.generator}
    said = {name: found.value.strip() if found else "" for name, found in fields.items()}
    if not all(said.values()):
        yield Gap(
            number,
            description.name,
            said["prompt"],
            said["generator"],
            {name: str(found.source) for name, found in fields.items() if found and said[name]},
            description.notes,
        )


def _unread(number: int, name: str, file: str) -> RowNote:
    problem = Problem(
        gettext_noop('some of what "%(file)s" says of the image cannot be read'),
        gettext_noop("it may be damaged, too large or of an unknown form; compare the row"),
        file=file,
    )
    return RowNote.of(number, number, name[:300], problem)


def _needed(found: Found | None, problem: Problem) -> str:
    if found is None or not found.value.strip():
        raise problem
    return found.value.strip()


def _no_prompt(name: str) -> Problem:
    return Problem(
        gettext_noop('no prompt was found for "%(filename)s"'),
        gettext_noop(
            'write it into "%(text)s" next to the image, or into a column "prompt" of '
            "metadata.csv; or give one for all images that lack it"
        ),
        filename=name,
        text=PurePosixPath(name).with_suffix(".txt").name,
    )


def _no_generator(name: str) -> Problem:
    return Problem(
        gettext_noop('no generator was found for "%(filename)s"'),
        gettext_noop(
            "put each generator's images into a folder of its name, or write it into a column "
            '"generator" of metadata.csv; or give one for all images that lack it'
        ),
        filename=name,
    )


def _metadata(description: Description) -> dict[str, Any]:
    """What is kept of an image besides, with where each field was found."""
    fields = {
        "prompt": description.prompt,
        "negative_prompt": description.negative_prompt,
        "generator": description.generator,
        "seed": description.seed,
    }
    found = {name: field for name, field in fields.items() if field is not None and field.value}
    further: dict[str, Any] = {
        name: found[name].value for name in ("negative_prompt", "seed") if name in found
    }
    return {**further, FOUND_IN: {name: str(field.source) for name, field in found.items()}}
