"""Formats of the export, one file each, found by name in `FORMATS`. Pure: no Django."""

from . import csv, images, jsonl
from .base import FORMATS, Format, Header, Record, RecordError, format_of

__all__ = [
    "FORMATS",
    "Format",
    "Header",
    "Record",
    "RecordError",
    "csv",
    "format_of",
    "images",
    "jsonl",
]
