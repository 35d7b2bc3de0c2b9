"""Images inside the tables of a dataset that `datasets` saved."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from workbench.core.tables.arrow import (
    DAMAGE,
    arrow_batches,
    damaged,
    holds_images,
    image_names,
    is_parquet,
    mapped_table,
)
from workbench.core.texts import gettext_noop

from .matching import NameIndex
from .problems import ImageError
from .sources import MAX_FILE_BYTES, NOT_IN_DATASET, IndexedImages


def dataset_images(tables: Sequence[Path]) -> "DatasetImages | None":
    """The images in these Arrow or Parquet files; None if they have no column of them. Raises
    TableError."""
    found = DatasetImages(tables)
    return found if found.names() else None


class DatasetImages(IndexedImages):
    """Read one after the other: of a Parquet file the images of one row group are in memory."""

    absent = NOT_IN_DATASET

    def __init__(self, tables: Sequence[Path]) -> None:
        self._lock = threading.Lock()
        self._places: list[tuple[Path, str, int]] = []
        names: list[str] = []
        for table in tables:
            for column, row, name in _named(table):
                names.append(name)
                self._places.append((table, column, row))
        self._index = NameIndex((name, number) for number, name in enumerate(names))
        self._open: tuple[tuple[Path, str, int], Any] | None = None

    def read(self, name: str) -> bytes:
        table, column, row = self._places[self._number(name)]
        try:
            with self._lock:
                data = self._image(table, column, row)["bytes"]
        except DAMAGE as error:
            raise damaged(table, error) from error
        if data is None or len(data) > MAX_FILE_BYTES:
            raise ImageError(
                gettext_noop('the dataset holds no bytes of the image "%(filename)s"'),
                gettext_noop("save it again with the images embedded, or give them as a folder"),
                filename=name,
            )
        return bytes(data)

    def close(self) -> None:
        self._open = None

    def _image(self, table: Path, column: str, row: int) -> Any:
        """The struct of one row, from 0."""
        group = 0
        if is_parquet(table):
            group, row = _group_of(table, row)
        key = (table, column, group)
        if self._open is None or self._open[0] != key:
            self._open = (key, _column(table, column, group))
        return self._open[1][row].as_py()


def _named(table: Path) -> Iterator[tuple[str, int, str]]:
    """Column, row from 0 and name of each image of a table."""
    try:
        with arrow_batches(table) as (schema, batches):
            column = next((field.name for field in schema if holds_images(field.type)), None)
            before = 0
            if column is None:
                return
            for batch in batches:
                names = image_names(table, before, batch.column(column))
                for row, name in enumerate(names, start=before):
                    if name:
                        yield column, row, name
                before += len(names)
    except DAMAGE as error:
        raise damaged(table, error) from error


def _group_of(table: Path, row: int) -> tuple[int, int]:
    """Which row group of a Parquet file has the row, and where."""
    facts = pq.read_metadata(table)
    for group in range(facts.num_row_groups):
        rows = facts.row_group(group).num_rows
        if row < rows:
            return group, row
        row -= rows
    raise ValueError(f"the table has no row {row}")


def _column(table: Path, column: str, group: int) -> Any:
    if is_parquet(table):
        with pq.ParquetFile(table) as file:
            return file.read_row_group(group, columns=[column]).column(column)
    return mapped_table(table).column(column)
