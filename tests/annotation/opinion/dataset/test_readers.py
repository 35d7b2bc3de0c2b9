"""Others' readers of a dataset release."""

import json
import logging
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

from .made_up import facts, write_archive


def unpacked(tmp_path: Path, *, pictures: bool = True) -> Path:
    made = facts(pictures=pictures)
    write_archive(tmp_path / "made.zip", made)
    with zipfile.ZipFile(tmp_path / "made.zip") as archive:
        archive.extractall(tmp_path)
    return tmp_path / made.name


def test_mlcroissant_has_nothing_to_say_and_reads_every_row(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mlcroissant = import_module("mlcroissant")
    folder = unpacked(tmp_path)
    with caplog.at_level(logging.WARNING):
        dataset = mlcroissant.Dataset(folder / "croissant.json")
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings
    assert not caplog.records
    rows = list(dataset.records("images"))
    assert len(rows) == 5
    assert [row["images/mos_quality"] for row in rows][1:] == [3.0] * 4
    assert rows[1]["images/metadata_style"] == str(2**63 + 1).encode()
    assert rows[1]["images/filename"] == b"0001.png"
    assert [row["images/attention_check"] for row in rows] == [False] * 5
    assert len(list(dataset.records("scores"))) == 5
    pictures = {
        row["pictures/sha256"].decode(): row["pictures/picture"].getpixel((0, 0))[0]
        for row in dataset.records("pictures")
    }
    assert pictures == {f"{number:064x}": number for number in range(3)}
    # It knows each field of responsible use: none is dropped when it writes the document again.
    written = json.loads((folder / "croissant.json").read_text())
    known = {key for key in dataset.metadata.to_json() if key.startswith("rai:")}
    assert known == {key for key in written if key.startswith("rai:")}


@pytest.mark.parametrize("pictures", [True, False])
def test_datasets_loads_the_folder_with_splits(tmp_path: Path, pictures: bool) -> None:
    datasets = import_module("datasets")
    folder = unpacked(tmp_path, pictures=pictures)
    found = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in found.items()} == {"pool": 2, "holdout": 1}
    row = found["pool"][1]
    assert (row["mos_quality"], row["metadata_style"]) == (3.0, str(2**63 + 1))
    assert row["image"].size == (8, 8) if pictures else "image" not in row
