"""Tables with one row per image, read back by others' readers."""

import csv
import io
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from annotation.opinion.export.formats import Record

from .records import encoded, opinion, record, trial

#: More than floats, and 64-bit integers with a sign, hold.
SEED = 2**63 + 1


def rows_of(*records: Record, raw: bool = False, **facts: Any) -> list[dict[str, str]]:
    data = encoded("images", records, raw=raw, **facts)
    assert data.startswith(b"\xef\xbb\xbf") != raw
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def parquet_of(*records: Record, **facts: Any) -> pa.Table:
    return pyarrow.parquet.read_table(io.BytesIO(encoded("imagesparquet", records, **facts)))


def test_a_raw_file_keeps_texts_as_they_are() -> None:
    named = record(1, filename="-minus.png", prompt="=1+1")
    for raw in (False, True):
        (row,) = rows_of(named, raw=raw)
        guard = "" if raw else "'"
        assert (row["filename"], row["prompt"]) == (f"{guard}-minus.png", f"{guard}=1+1")


def test_a_row_per_image_has_a_column_for_each_number_and_no_structures() -> None:
    metadata = {"style": "ink", "steps": 30, "nodes": [1, {"a": 2}], "=x": None}
    mos = {"quality": {**opinion(3.5, 2), "counts": [0, 0, 1, 1, 0]}, "warmth": opinion()}
    keys = ("=x", "nodes", "steps", "style")
    rated = record(1, mos=mos, metadata=metadata, trials=[trial()])
    first, second = rows_of(rated, record(2), metadata=keys)
    names = ("mos_quality", "n_quality", "minimum_quality", "maximum_quality", "mos_warmth")
    assert tuple(first[name] for name in names) == ("3.5", "2", "1.0", "5.0", "")
    assert [first[f"level_{level}_quality"] for level in range(1, 6)] == ["0", "0", "1", "1", "0"]
    assert [second[f"level_{level}_quality"] for level in range(1, 6)] == [""] * 5
    assert (first["ratings_priority"], first["ratings_audit"]) == ("2", "0")
    assert (first["metadata_style"], first["metadata_steps"]) == ("ink", "30")
    assert (first["metadata_nodes"], second["metadata_steps"]) == ("", "")
    assert not any(cell.startswith(("{", "[")) for row in (first, second) for cell in row.values())


def test_other_readers_take_the_files() -> None:
    table = pyarrow.csv.read_csv(io.BytesIO(encoded("images", [record(1)])))
    assert table["stimulus"].to_pylist() == [1]
    assert table["prompt"].to_pylist() == ["ein Fuchs, 一只狐狸"]


def test_columns_have_their_types_where_nothing_is_rated_yet() -> None:
    unrated = [record(number) for number in range(600)]
    rated = record(600, mos={"quality": opinion(3.0, 1), "warmth": opinion(2.5, 2)})
    table = parquet_of(*unrated, rated)
    assert table.schema.field("mos_quality").type == pa.float64()
    assert table.schema.field("n_quality").type == pa.int64()
    assert table["mos_quality"].to_pylist()[-2:] == [None, 3.0]
    assert pa.null() not in table.schema.types


def test_whole_means_are_written_with_a_decimal_point() -> None:
    (row,) = rows_of(record(1, mos={"quality": opinion(3.0, 1), "warmth": opinion()}), raw=True)
    assert row["mos_quality"] == "3.0"


@pytest.mark.parametrize("seed", [SEED, -SEED, 2**53 + 1])
def test_seeds_keep_their_digits(seed: int) -> None:
    seeded = record(1, metadata={"seed": seed})
    assert parquet_of(seeded, metadata=("seed",))["metadata_seed"].to_pylist() == [str(seed)]
    assert rows_of(seeded, raw=True, metadata=("seed",))[0]["metadata_seed"] == str(seed)


def test_no_column_is_taken_for_one_of_pictures() -> None:
    named = record(1, metadata={"source_file_name": "a.png"})
    (row,) = rows_of(named, metadata=("source_file_name",))
    assert row["metadata_source_file_name_text"] == "a.png"
    assert not any(name.endswith("_file_name") for name in row)


def test_the_file_says_what_its_columns_are() -> None:
    table = parquet_of(record(1))
    assert b"mint-study" in table.schema.metadata
    described = table.schema.field("opinion_low_quality").metadata
    assert described[b"description"] == b"Lower end of its 95 % interval."
