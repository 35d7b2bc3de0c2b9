"""Rows as DataFrames, for those who have pandas."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from typing import IO, TYPE_CHECKING, Any

from .errors import MissingPackageError

if TYPE_CHECKING:
    import pandas


def table(rows: Iterable[Any], columns: Sequence[str]) -> pandas.DataFrame:
    """A row for each; the columns are there without rows too."""
    frame: pandas.DataFrame = _pandas().DataFrame.from_records(list(rows), columns=list(columns))
    return frame


def read_parquet(file: IO[bytes]) -> pandas.DataFrame:
    """Texts, numbers and times as they were written."""
    frame: pandas.DataFrame = _pandas().read_parquet(file)
    return frame


def read_texts(file: IO[bytes]) -> pandas.DataFrame:
    """A raw CSV file, each value as its text: of a seed or a name of digits nothing is lost."""
    frame: pandas.DataFrame = _pandas().read_csv(file, dtype="str", keep_default_na=False)
    return frame


def _pandas() -> Any:
    try:
        return importlib.import_module("pandas")
    except ImportError as error:
        raise MissingPackageError(
            'this needs pandas: pip install "mint-workbench-client[pandas]"'
        ) from error
