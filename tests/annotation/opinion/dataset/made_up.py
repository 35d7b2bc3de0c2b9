"""A made-up dataset release, and a folder as its archive unpacks to."""

import io
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet
from PIL import Image

from annotation.opinion.dataset.archive import Archive
from annotation.opinion.dataset.facts import SPLITS, DatasetFacts, Described
from annotation.opinion.dataset.folder import METADATA, PICTURE, picture_name, rows_of
from annotation.opinion.dataset.renderings import renderings
from annotation.opinion.dataset.tables import read_tables, write_tables
from annotation.opinion.export.formats import Record
from annotation.opinion.reporting import Collection, Exclusions, RatedScale, Report
from annotation.protocol.forms import ExplanationForm
from tests.annotation.opinion.export.formats.records import (
    FACTS,
    Records,
    encoded,
    opinion,
    record,
)

REPORT = Report(
    method="mos",
    version="1",
    parameters={},
    collection=Collection(raters=4, ratings=8, images=3, least=2, median=2.0, most=4),
    scales=[RatedScale("Quality", 1, 5, 5, (), (1, 5))],
    exclusions=Exclusions(),
    weighed=False,
    day=date(2026, 1, 2),
    name="first",
    digest="d" * 64,
)


def facts(**fields: Any) -> DatasetFacts:
    described = Described(
        'Foxes & "inks", 狐狸',
        "CC-BY-4.0",
        ("Doe, Jane", "A lab"),
        "Foxes.",
        {"dataBiases": "Few."},
    )
    made = {
        "study": FACTS,
        "described": described,
        "report": REPORT,
        "number": 3,
        "published": date(2026, 1, 3),
        "images": {"pool": 2, "holdout": 1},
        "pictures": True,
        "period": (date(2026, 1, 1), date(2026, 1, 2)),
        "address": "https://rating.example/studies/demo/",
    }
    return DatasetFacts(**{**made, **fields})


def picture(number: int) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (8, 8), (number, 0, 0)).save(target, "PNG")
    return target.getvalue()


def records() -> Iterator[Record]:
    """Three main images, one of which nobody has rated, a gold one, and one without a file."""
    for number in range(5):
        mos = opinion(3.0, 1) if number else opinion()
        yield record(
            number,
            sha256=f"{number:064x}",
            split="holdout" if number == 2 else "pool",
            purpose="gold" if number == 3 else "main",
            mos={"quality": mos, "warmth": opinion()},
            metadata={"style": str(2**63 + number)},
        )


def names() -> dict[int, str]:
    found = list(records())[:4]
    return {item["stimulus"]: picture_name(item["sha256"], "images/ab.PNG") for item in found}


def images_table() -> pyarrow.Table:
    return pyarrow.parquet.read_table(io.BytesIO(encoded("imagesparquet", records())))


def add_everything(archive: Archive, made: DatasetFacts, folder: Path) -> None:
    """As a worker does, of made-up records."""
    write_tables(Records(list(records())), archive, folder)
    tables = read_tables(folder, ExplanationForm(), names())
    for split in SPLITS:
        rows, target = rows_of(images_table(), split, names()), io.BytesIO()
        pyarrow.parquet.write_table(rows, target)
        archive.add(f"{split}/{METADATA}", [target.getvalue()])
        keys = rows["stimulus"].to_pylist()
        for key, name in zip(keys, rows[PICTURE].to_pylist(), strict=True):
            if made.pictures:
                archive.add(f"{split}/{name}", [picture(key)])
    for path, pieces in renderings(made, tables, {}, archive.files):
        archive.add(path, pieces)


def write_archive(target: Path, made: DatasetFacts) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        target.open("wb") as file,
        Archive(file, made.name) as archive,
    ):
        add_everything(archive, made, Path(folder))
        archive.seal()
