"""Others' readers of a dataset release."""

import hashlib
import json
import logging
import zipfile
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from tests.readers import reader_file, require_reader

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


@pytest.fixture(scope="module")
def crate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(tmp_path_factory.mktemp("crate"))


def test_ro_crate_finds_every_file_with_what_it_is(crate: Path) -> None:
    read = require_reader("rocrate.rocrate").ROCrate(crate)
    assert (read.name, read.version) == ('Foxes & "inks", 狐狸', "1.2")
    assert [item.type for item in read.creator] == ["Person", "Organization"]
    files = {item.id: item for item in read.data_entities if item.type == "File"}
    # What seals the archive comes after the crate.
    there = {str(path.relative_to(crate)) for path in crate.rglob("*") if path.is_file()}
    assert there - set(files) == {"ro-crate-metadata.json", "SHA256SUMS"}
    for path, item in files.items():
        assert item["description"], path
        assert item["sha256"] == hashlib.sha256((crate / path).read_bytes()).hexdigest()
    assert files["scores.csv"]["description"].startswith("One row per single score")


def test_citation_and_datacite_follow_their_published_schemas(crate: Path) -> None:
    validate = import_module("jsonschema").validate
    cff = json.loads(reader_file("cffconvert/schemas/1.2.0/schema.json").read_text())
    validate(yaml.safe_load((crate / "CITATION.cff").read_text()), cff)
    # Of the versions of the schema that have one in JSON the latest; with what the registration
    # of a DOI adds.
    datacite = json.loads(reader_file("datacite/schemas/datacite-v4.5.json").read_text())
    document = json.loads((crate / "datacite.json").read_text())
    validate({**document, "doi": "10.5072/demo", "prefix": "10.5072"}, datacite)
    with pytest.raises(import_module("jsonschema").ValidationError):
        validate({**document, "creators": []}, datacite)
