"""Tables that come as a ZIP: the files of a database, with or without its images, or a dataset that
`datasets` saved."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from workbench.core.tables.kinds import ARROW, PARQUET, ZIP, is_table_name, kind_of_file, of_kind
from workbench.core.texts import gettext_noop

from ..mapping.document import BELOW, FilePart, TableMapping
from .problems import ArchiveError
from .sources import ZipSource

_MOST_FILES, _MOST_BYTES = 10_000, 2 * 2**30


def may_hold_images(path: Path) -> bool:
    """Whether a table's file may have its images with it, or in it."""
    return path.is_dir() or kind_of_file(path) in (ZIP, PARQUET, ARROW)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A folder with the tables of the ZIP at `path`; of anything else `path` itself. Raises
    ArchiveError, TableError."""
    if path.is_dir() or not path.is_file() or kind_of_file(path) != ZIP:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="mint-tables-") as folder:
        with closing(ZipSource(path)) as source:
            _unpack(source, Path(folder), path.name)
        yield Path(folder)


def _unpack(source: ZipSource, folder: Path, archive: str) -> None:
    names = [name for name in source.names() if is_table_name(name)]
    if not names:
        raise of_kind(archive, ZIP)
    if len(names) > _MOST_FILES:
        raise _too_much(archive)
    left = _MOST_BYTES
    for name in names:
        data = source.read(name)
        left -= len(data)
        if left < 0:
            raise _too_much(archive)
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def _too_much(archive: str) -> ArchiveError:
    return ArchiveError(
        gettext_noop("%(archive)s holds more than %(files)d tables or %(limit)d MiB of them"),
        gettext_noop("pack only the tables of the database"),
        archive=archive,
        files=_MOST_FILES,
        limit=_MOST_BYTES // 2**20,
    )


def table_of(path: Path, mapping: TableMapping) -> tuple[Path, TableMapping]:
    """The table in `path` and how to read it: of a folder with the tables of a saved dataset all of
    them, of another one that must be its only one, unless the mapping says which files it means.
    Raises ArchiveError."""
    if mapping.files or not path.is_dir():
        return path, mapping
    found = dataset_files(path)
    if found:
        parts = tuple(FilePart(file) for file in sorted({f"*{item.suffix}" for item in found}))
        return path, replace(mapping, files=parts, join=BELOW)
    return single_table(path), mapping


def single_table(folder: Path) -> Path:
    """The folder's only table. Raises ArchiveError."""
    tables = sorted(
        file for file in folder.rglob("*") if file.is_file() and is_table_name(file.name)
    )
    if len(tables) == 1:
        return tables[0]
    if not tables:
        raise ArchiveError(
            gettext_noop("there is no table in it"),
            gettext_noop("give images alone as the images, or add a table, such as a CSV"),
        )
    names = ", ".join(table.name for table in tables[:5])
    raise ArchiveError(
        gettext_noop("there is not one table but %(count)d: %(names)s"),
        gettext_noop("give one, or choose a mapping that says how the files belong together"),
        count=len(tables),
        names=names,
    )


def dataset_files(folder: Path) -> list[Path]:
    """The tables of a dataset that `datasets` saved in the folder: Arrow files with its description
    next to them, or nothing but Parquet files. `folder` may be one of them."""
    if folder.is_file():
        return [folder] if kind_of_file(folder) in (PARQUET, ARROW) else []
    if any(folder.rglob("dataset_info.json")):
        return sorted(folder.rglob("*.arrow"))
    tables = [file for file in folder.rglob("*") if file.is_file() and is_table_name(file.name)]
    shards = [file for file in tables if file.suffix.lower() == ".parquet"]
    return sorted(shards) if len(shards) == len(tables) else []
