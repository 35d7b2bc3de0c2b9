"""Rows of the CSV, read back by Python's own reader."""

import csv
import io

from annotation.opinion.export.formats import FORMATS, Record

from .records import HEADER, SCALE, opinion, record, trial


def rows_of(*records: Record) -> list[dict[str, str]]:
    text = b"".join(FORMATS["csv"].encode(records, HEADER)).decode()
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
    rows = rows_of(record(1, trials=[trial(revisions={"quality": 2}, superseded=[earlier])]))
    assert [(row["score"], row["revision"], row["counts"]) for row in rows] == [
        ("4.0", "2", "True"),
        ("1.0", "1", "False"),
    ]
    assert rows[1]["superseded_at"] == "2026-01-01T00:01:00+00:00"
