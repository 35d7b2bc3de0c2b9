"""What every format of the export must do, whichever it is."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow.parquet
import pytest

from annotation.opinion.export.formats import FORMATS, Record, RecordError, format_of

from .records import PEOPLE, TABLES, Records, encoded, opinion, record, trial

every_format = pytest.mark.parametrize("name", sorted(FORMATS))
#: Those in which images are.
of_images = pytest.mark.parametrize("name", sorted(set(FORMATS) - set(PEOPLE)))
#: Those that make records themselves: PostgreSQL, which makes the table's rows, has no others.
of_records = pytest.mark.parametrize("name", sorted(set(FORMATS) - {*TABLES, *PEOPLE}))


def read(name: str, data: bytes) -> str:
    """What is in a file, as a text."""
    if "parquet" not in name:
        return data.decode()
    return str(pyarrow.parquet.read_table(io.BytesIO(data)).to_pylist())


@every_format
def test_it_says_what_it_is(name: str) -> None:
    form = FORMATS[name]
    assert form.name == name
    assert name.isalnum()
    assert form.extension.strip(".") == form.extension
    assert "/" in form.content_type
    assert form.label
    assert form.version
    assert form.citation
    assert format_of(name) is form
    assert format_of(form.extension) is form
    assert format_of(f"study.{form.extension}") is form


@every_format
def test_twice_is_the_same_to_the_byte(name: str) -> None:
    records = [record(1, trials=[trial()]), record(2)]
    assert encoded(name, records) == encoded(name, records)


@of_images
def test_texts_of_any_language_leave_as_they_are(name: str) -> None:
    assert "一只狐狸" in read(name, encoded(name, [record(1)]))


@of_images
def test_an_empty_study_and_a_single_stimulus_can_be_written(name: str) -> None:
    nothing, one = encoded(name, []), encoded(name, [record(1)])
    assert "parquet" in name or one.startswith(nothing)
    assert "0001.png" not in read(name, nothing)
    assert "0001.png" in read(name, one)


@every_format
def test_records_are_taken_as_they_come(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotation.opinion.export.formats.arrow._GROUP", 500)
    taken = 0

    def endless() -> Iterator[Record]:
        nonlocal taken
        while True:
            taken += 1
            yield record(taken)

    pieces = FORMATS[name].encode(Records(endless()), raw=True)
    found = b""
    # Parquet begins with four letters, and then has whole groups of rows.
    while len(found) <= (4 if "parquet" in name else 1_000):
        found += next(pieces)
    assert taken <= 1_000


@of_images
def test_the_order_of_stimuli_is_kept(name: str) -> None:
    found = read(name, encoded(name, [record(2), record(1)]))
    assert found.index("0002.png") < found.index("0001.png")


@of_records
@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize(
    ("fields", "place"),
    [
        (lambda number: {"metadata": {"noise": number}}, "metadata noise"),
        (lambda number: {"trials": [trial(weight=number)]}, "trials 1 weight"),
        (lambda number: {"trials": [trial(scores={"quality": number})]}, "trials 1 scores quality"),
        (
            lambda number: {"trials": [trial()], "mos": {"quality": opinion(number, 1)}},
            "mos quality mos",
        ),
    ],
)
def test_a_number_that_is_none_is_named(
    name: str, number: float, fields: Callable[[float], dict[str, Any]], place: str
) -> None:
    with pytest.raises(RecordError) as caught:
        encoded(name, [record(1), record(2, **fields(number))])
    assert caught.value.message == f"0002.png cannot be exported: {place} is {number}"


def test_an_unknown_format_is_none() -> None:
    assert format_of("xlsx") is None
    assert format_of("mycsv") is None
