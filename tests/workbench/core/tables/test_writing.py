"""CSV for spreadsheets and for scripts, read back by other readers (csv, Arrow)."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone

import pyarrow.csv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.tables import csv_lines, csv_start

MOMENT = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=timezone(timedelta(hours=8)))


def written(*rows: list[object], raw: bool = False) -> bytes:
    return (csv_start(["a", "b"], raw=raw) + csv_lines(rows, raw=raw)).encode()


def test_a_spreadsheets_file_begins_with_a_byte_order_mark() -> None:
    assert written().startswith(b"\xef\xbb\xbfa,b\r\n")
    assert written(raw=True) == b"a,b\r\n"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@home", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x", "'x"]
)
def test_formulas_are_guarded_for_spreadsheets_alone(text: str) -> None:
    assert list(csv.reader(io.StringIO(csv_lines([[text]]), newline=""))) == [["'" + text]]
    raw = csv_lines([[text]], raw=True)
    assert list(csv.reader(io.StringIO(raw, newline=""))) == [[text]]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_without_its_first_apostrophe_a_text_is_what_was_stored(text: str) -> None:
    lines = csv_lines([["first", text]])
    ((_first, cell),) = csv.reader(io.StringIO(lines, newline=""))
    assert cell[1:] == text if cell.startswith("'") else cell == text


def test_numbers_are_never_guarded() -> None:
    assert csv_lines([[-1, -0.5, None, True]]) == "-1,-0.5,,True\r\n"


def test_times_are_in_utc_and_without_an_offset_for_spreadsheets() -> None:
    assert csv_lines([[MOMENT]]) == "2026-03-03 21:06:07\r\n"
    assert csv_lines([[MOMENT]], raw=True) == "2026-03-03T21:06:07.890123+00:00\r\n"
    assert csv_lines([[datetime(2026, 1, 1, tzinfo=UTC)]]) == "2026-01-01 00:00:00\r\n"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match=str(number)):
        csv_lines([[number]])


def test_another_reader_finds_the_columns_and_the_times() -> None:
    data = written(["李安", MOMENT], ["x", MOMENT])
    table = pyarrow.csv.read_csv(io.BytesIO(data))
    assert table.column_names == ["a", "b"]
    assert table["a"].to_pylist() == ["李安", "x"]
    assert table["b"].to_pylist()[0] == datetime(2026, 3, 3, 21, 6, 7)  # noqa: DTZ001 -- as read
