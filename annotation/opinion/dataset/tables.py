"""The tables of an archive: the export's formats, all in the view of the data of who asks. Pure: no
Django."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ...protocol.forms import ExplanationForm
from ..export.formats import FORMATS, Source
from .archive import Archive
from .forms import Tables

SCORES, IMAGES, REASONS = "scores.parquet", "images.parquet", "explanations.csv"
SESSIONS = "sessions.parquet"
#: The formats, and under which names their files lie in the archive.
FILES = {
    "csv": "scores.csv",
    "jsonl": "scores.jsonl",
    "parquet": SCORES,
    "explanations": REASONS,
    "images": "images.csv",
    "imagesparquet": IMAGES,
    "sessions": "sessions.csv",
    "sessionsparquet": SESSIONS,
    "raters": "raters.csv",
    "ratersparquet": "raters.parquet",
    "nested": "records.jsonl",
}


def write_tables(source: Source, archive: Archive, folder: Path) -> None:
    """Into the archive, and into a folder, so that others can be made of them."""
    for name, path in FILES.items():
        archive.add(path, _copied(FORMATS[name].encode(source, raw=True), folder / path))


def read_tables(folder: Path, form: ExplanationForm, names: Mapping[int, str]) -> Tables:
    """What `write_tables` wrote into the folder; names: image's key → its picture's name."""
    with (
        (folder / IMAGES).open("rb") as images,
        (folder / SCORES).open("rb") as scores,
        (folder / REASONS).open("rb") as reasons,
        (folder / SESSIONS).open("rb") as sessions,
    ):
        return Tables.read(images, scores, reasons, sessions, form=form, names=names)


def _copied(pieces: Iterable[bytes], path: Path) -> Iterator[bytes]:
    with path.open("wb") as copy:
        for piece in pieces:
            copy.write(piece)
            yield piece
