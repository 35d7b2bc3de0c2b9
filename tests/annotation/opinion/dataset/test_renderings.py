"""What a dataset release says of itself, and how it is sealed."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
import yaml

from annotation.opinion.dataset.archive import Archive, checked, sums
from annotation.opinion.dataset.card import card
from annotation.opinion.dataset.citation import bibtex, citation_cff
from annotation.opinion.dataset.croissant import croissant
from annotation.opinion.dataset.facts import Described, StoredFile
from annotation.opinion.dataset.folder import rows_of
from annotation.opinion.dataset.rai import ASKED, answers

from .made_up import facts, images_table, names, write_archive

TABLE = StoredFile("images.parquet", 12, "a" * 64)
#: The 20 properties of RAI 1.0 that mlcroissant 1.1.1 knows.
RAI = {
    "dataCollection",
    "dataCollectionType",
    "dataCollectionMissingData",
    "dataCollectionRawData",
    "dataCollectionTimeframe",
    "dataImputationProtocol",
    "dataPreprocessingProtocol",
    "dataManipulationProtocol",
    "dataAnnotationProtocol",
    "dataAnnotationPlatform",
    "dataAnnotationAnalysis",
    "annotationsPerItem",
    "annotatorDemographics",
    "machineAnnotationTools",
    "dataBiases",
    "dataUseCases",
    "dataLimitations",
    "dataSocialImpact",
    "personalSensitiveInformation",
    "dataReleaseMaintenancePlan",
}


def test_a_citation_is_yaml_with_people_and_groups() -> None:
    found = yaml.safe_load(citation_cff(facts()))
    assert found["title"] == 'Foxes & "inks", 狐狸'
    assert found["authors"] == [{"family-names": "Doe", "given-names": "Jane"}, {"name": "A lab"}]
    assert (found["version"], found["license"]) == ("3.0.0", "CC-BY-4.0")
    address = Described("Foxes", "https://lab.example/licence", ("A lab",))
    found = yaml.safe_load(citation_cff(facts(described=address)))
    assert found["license-url"] == "https://lab.example/licence"
    assert "license" not in found


def test_an_entry_for_a_paper_escapes_what_tex_reads() -> None:
    assert r"{Foxes \& " in bibtex(facts())
    assert "author = {Doe, Jane and {A lab}}" in bibtex(facts())


@pytest.mark.parametrize(
    ("pictures", "path"), [(True, "pool/**"), (False, "pool/metadata.parquet")]
)
def test_the_cards_header_names_the_splits_that_there_are(pictures: bool, path: str) -> None:
    made = facts(pictures=pictures, images={"pool": 2, "holdout": 0})
    header = yaml.safe_load(card(made).split("---\n")[1])
    assert header["license"] == "cc-by-4.0"
    (config,) = header["configs"]
    assert config["data_files"] == [{"split": "pool", "path": path}]


def test_responsible_use_is_answered_by_rows_and_by_the_owner() -> None:
    found = answers(facts())
    assert set(found) == RAI - set(ASKED) - {"dataPreprocessingProtocol"} | {"dataBiases"}
    assert set(ASKED) < RAI
    assert found["dataBiases"] == "Few."
    assert found["dataCollectionTimeframe"] == ["2026-01-01", "2026-01-02"]
    assert found["annotationsPerItem"] == "2 to 4 raters per image, median 2."
    assert "From 1 to 5, higher is better" in found["dataAnnotationProtocol"][0]


def test_croissant_names_each_column_once_and_each_table_with_its_hash() -> None:
    made = croissant(facts(), [TABLE])
    assert made["distribution"][0]["sha256"] == TABLE.sha256
    keys = [field["@id"] for table in made["recordSet"] for field in table["field"]]
    assert len(keys) == len(set(keys))
    assert {"images/mos_quality", "images/metadata_style", "scores/counts"} <= set(keys)
    assert made["rai:dataBiases"] == "Few."
    alone = croissant(facts(pictures=False), [TABLE])
    assert [item["@id"] for item in alone["distribution"]] == ["images.parquet"]


def test_a_folder_has_main_images_with_a_file_and_nothing_else() -> None:
    pool, holdout = (rows_of(images_table(), split, names()) for split in ("pool", "holdout"))
    assert pool["file_name"].to_pylist() == [f"{number:064x}.png" for number in (0, 1)]
    assert holdout["file_name"].to_pylist() == [f"{2:064x}.png"]
    # Types do not depend on whether the first image is rated; seeds keep their digits.
    assert pool["mos_quality"].to_pylist() == [None, 3.0]
    assert pool["metadata_style"].to_pylist() == [str(2**63), str(2**63 + 1)]
    assert "image" not in pool.column_names


def test_an_archive_is_the_same_each_time_and_its_list_of_hashes_is_true(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        write_archive(tmp_path / name, facts())
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.testzip() is None
        lines = archive.read("demo-3.0.0/SHA256SUMS").decode().splitlines()
        assert lines == sorted(lines, key=lambda line: line.split("  ")[1])
        listed = {path: digest for digest, path in (line.split("  ") for line in lines)}
        found = {
            name.removeprefix("demo-3.0.0/"): archive.read(name) for name in archive.namelist()
        }
    del found["SHA256SUMS"]
    assert listed == {path: hashlib.sha256(data).hexdigest() for path, data in found.items()}
    assert json.loads(found["croissant.json"])["version"] == "3.0.0"


def test_the_list_stands_for_all_files() -> None:
    target = io.BytesIO()
    with Archive(target, "demo") as archive:
        file = archive.add("a.csv", [b"a,", b"b\n"])
        seal = archive.seal()
    assert (file.size, file.sha256) == (4, hashlib.sha256(b"a,b\n").hexdigest())
    assert seal.sha256 == hashlib.sha256(sums([file]).encode()).hexdigest()


def test_an_archive_is_checked_against_its_own_list(tmp_path: Path) -> None:
    whole, other = tmp_path / "whole.zip", tmp_path / "other.zip"
    write_archive(whole, facts())
    with whole.open("rb") as file:
        found = checked(file)
    with zipfile.ZipFile(whole) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    listing = entries["demo-3.0.0/SHA256SUMS"]
    assert found.content_sha256 == hashlib.sha256(listing).hexdigest()
    assert (found.files, found.faults) == (len(entries) - 1, ())
    entries["demo-3.0.0/scores.csv"] += b"1\n"
    del entries["demo-3.0.0/images.csv"]
    entries["demo-3.0.0/notes.txt"] = b"mine"
    with zipfile.ZipFile(other, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    with other.open("rb") as file:
        assert checked(file).faults == ("images.csv", "notes.txt", "scores.csv")
    for data in (b"", b"PK"):
        with pytest.raises(zipfile.BadZipFile):
            checked(io.BytesIO(data))


def test_an_archive_of_more_files_than_a_plain_zip_holds_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As with 70,000 pictures in 4.3 GiB, which was tried once: both limits are made small here."""
    target = io.BytesIO()
    with monkeypatch.context() as small:
        small.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 4)
        small.setattr(zipfile, "ZIP64_LIMIT", 100)
        with Archive(target, "demo-1.0.0") as archive:
            for number in range(6):
                archive.add(f"pool/{number}.png", [bytes(50)])
            seal = archive.seal()
    # The end of the directory that ZIP64 has, and in which the number of files has 8 bytes.
    end = target.getvalue().rindex(b"PK\6\6")
    assert int.from_bytes(target.getvalue()[end + 32 : end + 40], "little") == 7
    found = checked(target)
    assert (found.files, found.faults, found.content_sha256) == (6, (), seal.sha256)
