"""Formats of the export, one file each, found by name in `FORMATS`. Pure: no Django."""

from . import csv, jsonl, parquet  # isort: skip -- in the order in which they are offered
from . import images, people, nested  # isort: skip -- the same
from .base import FORMATS, Format, Record, RecordError, Source, format_of

__all__ = [
    "FORMATS",
    "Format",
    "Record",
    "RecordError",
    "Source",
    "csv",
    "format_of",
    "images",
    "jsonl",
    "nested",
    "parquet",
    "people",
]
