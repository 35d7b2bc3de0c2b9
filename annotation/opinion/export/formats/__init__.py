"""Formats of the export, one file each, found by name in `FORMATS`. Pure: no Django."""

from . import csv, jsonl
from .base import FORMATS, Format, Header, Record, format_of

__all__ = ["FORMATS", "Format", "Header", "Record", "csv", "format_of", "jsonl"]
