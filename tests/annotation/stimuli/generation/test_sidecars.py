"""Texts, JSON, tables and folders next to images."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation.stimuli.generation.reading import Reading
from annotation.stimuli.generation.sidecars import (
    Found,
    Source,
    Told,
    described,
    folder_reading,
    read_sidecar,
    read_table,
    sidecar_names,
    table_names,
)

_SETTINGS = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 12, Size: 512x512"


def test_files_of_the_image_s_name() -> None:
    names = {"a/x.png", "a/x.txt", "a/x.json", "a/x.png.json", "a/y.txt", "x.txt"}
    assert sidecar_names("a/x.png", names) == ["a/x.json", "a/x.png.json", "a/x.txt"]
    assert table_names("a/b/x.png", {"metadata.csv", "a/b/metadata.jsonl"}) == [
        "a/b/metadata.jsonl",
        "metadata.csv",
    ]


@pytest.mark.parametrize(
    ("name", "data", "prompt", "seed"),
    [
        ("x.txt", f"a plum\n{_SETTINGS}".encode(), "a plum", 12),
        ("x.txt", "\ufeffa plum, café\r\n".encode(), "a plum, café", None),
        ("x.txt", "a plum, 猫".encode("utf-16"), "a plum, 猫", None),
        ("x.json", b'{"prompt": "a plum", "seed": "5", "model": "m"}', "a plum", 5),
        ("x.json", b'{"sui_image_params": {"prompt": "a plum", "seed": 5}}', "a plum", 5),
    ],
)
def test_sidecars(name: str, data: bytes, prompt: str, seed: int | None) -> None:
    told = read_sidecar(name, data)
    assert told is not None
    assert (told.reading.prompt, told.reading.seed, told.place) == (prompt, seed, name)


def test_sidecars_that_say_nothing() -> None:
    for name, data in (("x.txt", b" \n"), ("x.json", b"[]"), ("x.json", b"{broken")):
        assert read_sidecar(name, data) is None


_ROWS = [
    {"file_name": "x.png", "text": "a plum", "model": "m", "seed": 2**63, "steps": 4},
    {"file_name": "b/y.png", "text": "a fig", "model": "m", "seed": 1, "steps": 4},
]


def _csv() -> bytes:
    rows = ["file_name,text,model,seed,steps"]
    return "\n".join([*rows, *(",".join(map(str, row.values())) for row in _ROWS)]).encode()


def _jsonl() -> bytes:
    return "\n".join(map(json.dumps, _ROWS)).encode()


def _parquet() -> bytes:
    stream = io.BytesIO()
    columns = {name: [row[name] for row in _ROWS] for name in _ROWS[0]}
    columns["seed"] = pa.array(columns["seed"], pa.uint64())
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "data"), [("csv", _csv()), ("jsonl", _jsonl()), ("parquet", _parquet())]
)
def test_tables_in_each_form(name: str, data: bytes) -> None:
    table = read_table(f"a/metadata.{name}", data)
    assert list(table.readings) == ["a/x.png", "a/b/y.png"]
    reading = table.readings["a/x.png"]
    assert (reading.prompt, reading.model, reading.seed) == ("a plum", "m", 2**63)
    assert reading.settings == (("steps", "4"),)
    assert not table.damaged


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("metadata.parquet", b"PAR1"),
        ("metadata.jsonl", b'{"file_name": "x.png"}\n{'),
        ("metadata.csv", b'file_name\n"' + b"x" * 200_000),
    ],
)
def test_damaged_tables_are_said(name: str, data: bytes) -> None:
    assert read_table(name, data).damaged


def test_each_field_says_where_it_is_from() -> None:
    folder = folder_reading("sets/SDXL/x.png")
    assert folder is not None
    told = [
        folder,
        Told(Source.TABLE, "metadata.csv", Reading(prompt="table", seed=1)),
        Told(Source.TEXT, "x.txt", Reading(prompt="text")),
        Told(Source.IMAGE, "x.png", Reading(tool="A", negative_prompt="")),
    ]
    description = described("sets/SDXL/x.png", told)
    assert description.prompt == Found("text", Source.TEXT, "x.txt")
    assert description.negative_prompt == Found("", Source.IMAGE, "x.png")
    assert description.generator == Found("A", Source.IMAGE, "x.png")
    assert description.seed == Found("1", Source.TABLE, "metadata.csv")
    assert folder_reading("x.png") is None


def test_what_is_too_large_or_names_no_image_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    table = b"file_name,prompt\n,a fig\nx.png,a plum\ny.png,a pear\n"
    assert list(read_table("metadata.csv", table).readings) == ["x.png", "y.png"]
    monkeypatch.setattr("annotation.stimuli.generation.sidecars.MOST_ROWS", 2)
    cut = read_table("metadata.csv", table)
    assert (list(cut.readings), cut.damaged) == (["x.png"], True)
    monkeypatch.setattr("annotation.stimuli.generation.sidecars.MOST_TABLE_BYTES", 20)
    assert read_table("metadata.csv", table).damaged
    monkeypatch.setattr("annotation.stimuli.generation.sidecars.MOST_BYTES", 5)
    assert read_sidecar("x.txt", b"a plum") is None
