"""The hash of what was collected, which does not depend on the server that holds it. Pure: no
Django.

Two studies with the same images, sittings, answers and reasons have the same one, though each
server gives rows keys of its own, and a rater another code if the code is taken. It is the SHA-256
of the rows of `sessions.csv`, `scores.csv` and `explanations.csv` of a dataset release, in this
order, each header and row as an array of texts in JSON without blanks, in UTF-8, and a line end:

- keys of images, showings and sittings, and raters' codes, are replaced by numbers, from 1, in the
  order in which they first occur;
- hash and size of the file are empty for images that are out of use or not main ones: their files
  need not be in an archive.
"""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

# Its limit to the length of cells is none for all of the process.
import workbench.core.tables.separated  # noqa: F401

#: Formats of the export, and their files in an archive.
TABLES = {
    "sessions": "sessions.csv",
    "csv": "scores.csv",
    "explanations": "explanations.csv",
}
_KEYS = ("stimulus", "trial", "session", "rater")
_FILE = ("sha256", "width", "height")
_COUNTING = ("in_use", "withdrawn")


class _Numbers(dict[str, str]):
    """Key → its number, in the order of asking; nothing is nothing."""

    def __missing__(self, key: str) -> str:
        self[key] = found = str(len(self) + 1) if key else ""
        return found


def data_sha256(folder: Path) -> str:
    """Of the tables in a folder, as an archive has them."""
    digest = hashlib.sha256()
    numbers = {name: _Numbers() for name in _KEYS}
    for path in TABLES.values():
        with (folder / path).open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            header = next(rows)
            digest.update(_line(header))
            for row in _alike(rows, header, numbers):
                digest.update(_line(row))
    return digest.hexdigest()


def _alike(
    rows: Iterator[list[str]], header: Sequence[str], numbers: dict[str, _Numbers]
) -> Iterator[list[str]]:
    keys = [(place, numbers[name]) for place, name in enumerate(header) if name in _KEYS]
    files = [place for place, name in enumerate(header) if name in _FILE]
    kept = _keeps_file(header)
    for row in rows:
        for place, known in keys:
            row[place] = known[row[place]]
        if not kept(row):
            for place in files:
                row[place] = ""
        yield row


def _keeps_file(header: Sequence[str]) -> Callable[[Sequence[str]], bool]:
    """Whether the picture of a row's image is in an archive with pictures in any case."""
    if "purpose" not in header:
        return lambda row: True
    purpose, state = header.index("purpose"), header.index("state")
    return lambda row: row[purpose] == "main" and row[state] in _COUNTING


def _line(cells: Sequence[str]) -> bytes:
    return json.dumps(cells, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
