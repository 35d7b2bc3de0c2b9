"""The 34 files of 16 tools whose right values are known."""

import csv
import io
import random
import re
from pathlib import Path

import pytest
from django.core.management import call_command

from annotation.stimuli.generation.reader import read_bytes, read_path
from annotation.stimuli.generation.reading import Reading, bare_model
from tests.shared_data import require_shared

_FIELDS = ("tool", "prompt", "negative_prompt", "model", "seed", "generator_name")


@pytest.fixture(scope="module")
def folder() -> Path:
    return require_shared("cases/image_metadata")


def _expected(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "expected.csv").open(encoding="utf-8", newline="") as file:
        return {row["filename"]: row for row in csv.DictReader(file)}


def _comparable(row: dict[str, str]) -> dict[str, str]:
    """As the table's README says that values are compared."""
    prompts = {name: " ".join(row[name].split()) for name in ("prompt", "negative_prompt")}
    tool = re.sub(r"[\W_]", "", row["tool"]).casefold()
    model = bare_model(row["model"]).casefold()
    return {**row, **prompts, "tool": tool, "model": model}


def _read(folder: Path, name: str) -> Reading:
    reading = read_path(folder / name)
    assert reading is not None
    return reading


def test_every_file_of_the_table_is_read_rightly(folder: Path) -> None:
    stream = io.StringIO()
    call_command("read_metadata", str(folder), "--csv", stdout=stream)
    rows = {row["filename"]: row for row in csv.DictReader(io.StringIO(stream.getvalue()))}
    expected = _expected(folder)
    assert len(expected) == 34
    assert rows.keys() == expected.keys()
    for name, row in expected.items():
        right, found = _comparable(row), _comparable(rows[name])
        assert {field: found[field] for field in _FIELDS} == {
            field: right[field] for field in _FIELDS
        }, name


def test_an_empty_prompt_is_said_why(folder: Path) -> None:
    for name, row in _expected(folder).items():
        if not row["prompt"]:
            assert _read(folder, name).note, name


def test_a_file_yields_the_same_whatever_was_read_before(folder: Path) -> None:
    names = sorted(_expected(folder))
    alone = {name: _read(folder, name) for name in names}
    for seed in range(3):
        random.Random(seed).shuffle(names)
        assert {name: _read(folder, name) for name in names} == alone


def test_files_cut_anywhere_are_read_without_an_error(folder: Path) -> None:
    for name in _expected(folder):
        data = (folder / name).read_bytes()
        for length in range(0, len(data), 397):
            read_bytes(data[:length], name)


def test_no_piece_and_no_spoilt_copy_of_a_file_raises(folder: Path) -> None:
    random_bytes = random.Random(5)
    known = _expected(folder)
    for name in known:
        data = (folder / name).read_bytes()
        told = _read(folder, name)
        for cut in range(0, len(data), max(1, len(data) // 40)):
            read_bytes(data[:cut], name)
        for _copy in range(150):
            spoilt = bytearray(data)
            place = random_bytes.randrange(min(len(data), 4096))
            spoilt[place] = random_bytes.randrange(256)
            read_bytes(bytes(spoilt), name)
        # Nothing is kept of the copies.
        assert read_bytes(data, name) == told
