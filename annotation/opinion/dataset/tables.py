"""The tables of an archive: the export's formats, all in the view of the data of who asks."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..export.formats import FORMATS, Source
from .archive import Archive

IMAGES = "images.parquet"
#: The formats, and under which names their files lie in the archive.
FILES = {
    "csv": "scores.csv",
    "jsonl": "scores.jsonl",
    "parquet": "scores.parquet",
    "explanations": "explanations.csv",
    "images": "images.csv",
    "imagesparquet": IMAGES,
    "sessions": "sessions.csv",
    "raters": "raters.csv",
    "nested": "records.jsonl",
}


def write_tables(source: Source, archive: Archive, folder: Path) -> None:
    """Into the archive, and into a folder, so that others can be made of them."""
    for name, path in FILES.items():
        archive.add(path, _copied(FORMATS[name].encode(source, raw=True), folder / path))


def _copied(pieces: Iterable[bytes], path: Path) -> Iterator[bytes]:
    with path.open("wb") as copy:
        for piece in pieces:
            copy.write(piece)
            yield piece
