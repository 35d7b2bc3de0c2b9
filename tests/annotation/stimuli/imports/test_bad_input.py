"""What people give that cannot be imported: a named error, and nothing is half kept."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from annotation.models import Generator, OpinionRelease, Prompt, Stimulus, Study
from annotation.stimuli.imports.service import (
    ImportOptions,
    ImportRefusedError,
    import_manifest,
)
from annotation.stimuli.mapping.as_json import from_json
from annotation.stimuli.mapping.document import TableMapping
from tests.annotation.stimuli.files import picture, row, stored, write_manifest

pytestmark = pytest.mark.django_db

ABSENT = from_json(
    {
        "version": 1,
        "source": "a paper",
        "name": {"column": "filename"},
        "prompt": {"column": "prompt"},
        "generator": {"column": "generator"},
        "scores": [{"perspective": "quality", "mean": "verdict", "mos_range": [0, 1]}],
    }
)


def _book(folder: Path, *, formula: str = "", merged: str = "") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["filename", "prompt", "generator", "mos_quality"])
    for number in range(2):
        sheet.append([f"{number}.png", "a cat", "G", formula or 0.5])
    if merged:
        sheet.merge_cells(merged)
    book.save(folder / "t.xlsx")
    return folder / "t.xlsx"


def _newest_matlab(folder: Path) -> Path:
    (folder / "t.mat").write_bytes(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512))
    return folder / "t.mat"


def _column_that_is_not_there(folder: Path) -> Path:
    return write_manifest(folder / "t.csv", [row(0), row(1)])


@pytest.mark.parametrize(
    ("write", "mapping", "message"),
    [
        (_column_that_is_not_there, ABSENT, r't\.csv has no column "verdict"'),
        (lambda folder: _book(folder, formula="=1+2"), None, "the formula in D2 has no value"),
        (lambda folder: _book(folder, merged="B2:B3"), None, "cells B2:B3 are merged"),
        (_newest_matlab, None, r"t\.mat is a MATLAB file of version 7\.3"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(
    study: Study,
    folder: Path,
    media: Path,
    write: Callable[[Path], Path],
    mapping: TableMapping | None,
    message: str,
) -> None:
    options = ImportOptions(mapping=mapping)
    with pytest.raises(ImportRefusedError, match=message):
        import_manifest(study=study, manifest=write(folder), options=options, partial=True)
    _nothing_is_kept(media)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_named(study: Study, folder: Path, media: Path) -> None:
    """In the images: their row is refused, and with it the import. Among the tables: the import."""
    with zipfile.ZipFile(folder / "i.zip", "w") as archive:
        for number in (0, 1):
            archive.writestr("0.png", picture(number))
    manifest = write_manifest(folder / "one.csv", [row(0)])
    report = import_manifest(study=study, manifest=manifest, images=folder / "i.zip")
    assert (report.done, report.imported) == (False, 0)
    assert 'there are 2 files of the name "0.png"' in report.rejected[0].message
    with zipfile.ZipFile(folder / "t.zip", "w") as archive:
        for _turn in range(2):
            archive.writestr("t.csv", "filename,prompt,generator\n")
    with pytest.raises(ImportRefusedError, match=r'2 files of the name "t\.csv"'):
        import_manifest(study=study, manifest=folder / "t.zip")
    _nothing_is_kept(media)


def _nothing_is_kept(media: Path) -> None:
    assert stored(media) == []
    for model in (Stimulus, Prompt, Generator):
        assert not model._default_manager.exists()
    assert not OpinionRelease.objects.filter(kind="imported").exists()
