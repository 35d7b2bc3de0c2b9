"""Rows of the CSV, read back by Python's own reader."""

import csv
import io
from dataclasses import replace

import pyarrow.csv

from annotation.opinion.export.formats import FORMATS, Record

from .records import HEADER, SCALE, opinion, record, trial


def rows_of(*records: Record, name: str = "csv", raw: bool = False) -> list[dict[str, str]]:
    data = b"".join(FORMATS[name].encode(records, replace(HEADER, raw=raw)))
    assert data.startswith(b"\xef\xbb\xbf") != raw
    text = data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_perspectives_come_in_the_order_of_the_study() -> None:
    both = trial(
        scores={"warmth": 2.0, "quality": 4.0},
        revisions={"warmth": 1, "quality": 1},
        counts={"warmth": True, "quality": True},
        explanation_asked={"warmth": False, "quality": False},
    )
    rows = rows_of(record(1, trials=[both]))
    assert [(row["perspective"], row["score"]) for row in rows] == [
        ("quality", "4.0"),
        ("warmth", "2.0"),
    ]


def test_every_number_names_its_scale() -> None:
    published = {
        "perspective": "warmth",
        "mos": 61.5,
        "sd": None,
        "raters": 28,
        "source": "=elsewhere",
        "scale": {**SCALE, "kind": "z_score", "minimum": 0, "maximum": 100, "levels": None},
    }
    mos = {"quality": opinion(3.5, 2), "warmth": opinion()}
    rows = rows_of(record(1, trials=[trial()], published=[published], mos=mos))
    names = ("scale_kind", "scale_minimum", "scale_maximum", "scale_levels", "mos", "published_mos")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("z_score", "0", "100", "", "", "61.5"),
        ("acr5", "1", "5", "5", "3.5", ""),
    ]
    assert rows[0]["published_source"] == "'=elsewhere"


def test_a_superseded_score_is_a_row_that_does_not_count() -> None:
    earlier = {
        "perspective": "quality",
        "score": 1.0,
        "revision": 1,
        "created_at": "2026-01-01T00:00:09+00:00",
        "superseded_at": "2026-01-01T00:01:00+00:00",
    }
    twice = record(1, trials=[trial(revisions={"quality": 2}, superseded=[earlier])])
    rows = rows_of(twice)
    assert [(row["score"], row["revision"], row["counts"]) for row in rows] == [
        ("4.0", "2", "True"),
        ("1.0", "1", "False"),
    ]
    assert rows[1]["superseded_at_utc"] == "2026-01-01 00:01:00"
    assert rows[1]["submitted_at_utc"] == "2026-01-01 00:00:09"
    assert rows[1]["displayed_at_utc"] == ""
    assert rows_of(twice, raw=True)[1]["superseded_at_utc"] == "2026-01-01T00:01:00+00:00"


def test_a_raw_file_keeps_texts_as_they_are() -> None:
    for name in ("csv", "images"):
        named = record(1, filename="-minus.png", prompt="=1+1")
        for raw in (False, True):
            (row,) = rows_of(named, name=name, raw=raw)
            guard = "" if raw else "'"
            assert (row["filename"], row["prompt"]) == (f"{guard}-minus.png", f"{guard}=1+1")


def test_a_row_per_image_has_a_column_for_each_number_and_no_structures() -> None:
    metadata = {"style": "ink", "steps": 30, "nodes": [1, {"a": 2}], "=x": None}
    mos = {"quality": opinion(3.5, 2), "warmth": opinion()}
    header = replace(HEADER, metadata=("=x", "nodes", "steps", "style"))
    rated = record(1, mos=mos, metadata=metadata, trials=[trial()])
    data = b"".join(FORMATS["images"].encode([rated, record(2)], header))
    first, second = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    names = ("mos_quality", "n_quality", "minimum_quality", "maximum_quality", "mos_warmth")
    assert tuple(first[name] for name in names) == ("3.5", "2", "1", "5", "")
    assert (first["metadata_style"], first["metadata_steps"]) == ("ink", "30")
    assert (first["metadata_nodes"], second["metadata_steps"]) == ("", "")
    assert not any(cell.startswith(("{", "[")) for row in (first, second) for cell in row.values())


def test_other_readers_take_the_files() -> None:
    for name in ("csv", "images"):
        data = b"".join(FORMATS[name].encode([record(1, trials=[trial()])], HEADER))
        table = pyarrow.csv.read_csv(io.BytesIO(data))
        assert table["stimulus"].to_pylist() == [1]
        assert table["prompt"].to_pylist() == ["ein Fuchs, 一只狐狸"]
