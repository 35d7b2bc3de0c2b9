"""Tables that are no texts: workbooks, Parquet, MATLAB's files; and texts without separators. They
are written by the libraries that people write them with."""

import datetime
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.io import savemat

from workbench.core.tables import LINES, SPACES, Columns, Record, Shape, TableError, open_table

COLUMNS = Columns(("name", "mos"), frozenset({"n"}), frozenset({"mos"}))


def read(path: Path, columns: Columns = COLUMNS, shape: Shape = Shape()) -> list[Record]:  # noqa: B008
    return list(open_table(path, columns, shape))


def values(records: list[Record]) -> list[Any]:
    return [dict(record.values) for record in records]


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Path]:
    def write(rows: list[list[Any]], *, merged: str = "", name: str = "t.xlsx") -> Path:
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        assert sheet is not None
        for row in rows:
            sheet.append(row)
        if merged:
            sheet.merge_cells(merged)
        workbook.create_sheet("other").append(["Name", "MOS"])
        workbook.save(tmp_path / name)
        return tmp_path / name

    return write


def test_a_sheet_is_read_as_its_csv_would_be(book: Callable[..., Path]) -> None:
    day = datetime.date(2026, 11, 2)
    path = book([[], ["Name ", "MOS", "when"], ["a.png", 2.5, day], [], [7, 3, True]])
    records = read(path)
    assert values(records) == [
        {"name": "a.png", "mos": "2.5", "when": "2026-11-02"},
        {"name": "7", "mos": "3", "when": "true"},
    ]
    assert [record.line for record in records] == [3, 5]


def test_a_cell_that_shows_an_error_is_not_an_empty_one(tmp_path: Path) -> None:
    """The reader of workbooks gives it as one. Here in a table that does not begin at A1."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    told = (("B3", "Name"), ("C3", "MOS"), ("B4", "a.png"), ("C4", "#DIV/0!"), ("B5", "#N/A"))
    for cell, text in told:
        sheet[cell] = text
    workbook.save(tmp_path / "t.xlsx")
    assert values(read(tmp_path / "t.xlsx")) == [
        {"name": "a.png", "mos": "#DIV/0!"},
        {"name": "#N/A", "mos": ""},
    ]


def test_numbers_that_are_not_finite_are_not_missing(tmp_path: Path) -> None:
    """As in a text; NaN is how pandas and MATLAB write that there is none."""
    numbers = [float("inf"), float("-inf"), float("nan"), 0.5]
    pq.write_table(pa.table({"name": ["a"] * 4, "mos": numbers}), tmp_path / "t.parquet")
    savemat(tmp_path / "t.mat", {"name": np.array(["a"] * 4, object), "mos": np.array(numbers)})
    for path in (tmp_path / "t.parquet", tmp_path / "t.mat"):
        assert [row["mos"] for row in values(read(path))] == ["inf", "-inf", None, 0.5]


def test_a_workbook_that_is_cut_off_is_none_the_less_one(book: Callable[..., Path]) -> None:
    path = book([["Name", "MOS"], ["a.png", 1]])
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(TableError, match=r"t\.xlsx cannot be read as a workbook"):
        read(path)


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([["name", "mos"], ["a", "=1+2"]], {}, r'sheet "Sheet": the formula in B2 has no value'),
        ([["name", "mos"], ["a", 1], ["b", 2]], {"merged": "A2:A3"}, "cells A2:A3 are merged"),
        ([["name", "score"]], {}, 't.xlsx has no column "mos"; its columns are name, score'),
    ],
)
def test_a_sheet_that_is_no_table_is_refused(
    book: Callable[..., Path], rows: list[list[Any]], options: dict[str, str], message: str
) -> None:
    with pytest.raises(TableError, match=message):
        open_table(book(rows, **options), COLUMNS)


def test_a_sheet_is_chosen_by_name(book: Callable[..., Path]) -> None:
    path = book([["x"]])
    assert read(path, shape=Shape(sheet="other")) == []
    with pytest.raises(TableError, match='no sheet "third"; its sheets are Sheet, other'):
        read(path, shape=Shape(sheet="third"))


def test_a_formula_counts_with_the_value_that_was_saved(
    book: Callable[..., Path], tmp_path: Path
) -> None:
    path = book([["name", "mos"], ["a", "=1+2"]])
    saved = tmp_path / "saved.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(saved, "w") as new:
        for member in old.namelist():
            data = old.read(member).replace(b"<f>1+2</f><v />", b"<f>1+2</f><v>3</v>")
            new.writestr(member, data.replace(b"<f>1+2</f><v></v>", b"<f>1+2</f><v>3</v>"))
    assert values(read(saved)) == [{"name": "a", "mos": "3"}]


def test_a_damaged_workbook_is_named(book: Callable[..., Path], tmp_path: Path) -> None:
    path = book([["name", "mos"]])
    damaged = tmp_path / "d.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(damaged, "w") as new:
        for member in old.namelist():
            new.writestr(member, old.read(member)[:200])
    with pytest.raises(TableError, match=r"d\.xlsx cannot be read as a workbook"):
        read(damaged)


def test_parquet_keeps_types_names_images_and_leaves_other_bytes_out(tmp_path: Path) -> None:
    table = pa.table(
        {
            "Name": ["a", "b"],
            "mos": [1.5, float("nan")],
            "n": pa.array([3, None], pa.int64()),
            "image": [{"bytes": b"\x89PNG", "path": "x/a.png"}, None],
            "thumb": [b"\x89PNG", None],
            "tags": [["x"], []],
            "day": [datetime.date(2026, 1, 2)] * 2,
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    day = {"day": "2026-01-02"}
    assert values(read(tmp_path / "t.parquet")) == [
        {**day, "name": "a", "mos": 1.5, "n": 3, "image": "a.png", "tags": ["x"]},
        {**day, "name": "b", "mos": None, "n": None, "image": "", "tags": []},
    ]
    (tmp_path / "d.parquet").write_bytes((tmp_path / "t.parquet").read_bytes()[:200])
    with pytest.raises(TableError, match=r"d\.parquet is a damaged Parquet or Arrow file"):
        open_table(tmp_path / "d.parquet", COLUMNS)


def test_the_variables_of_matlab_are_columns(tmp_path: Path) -> None:
    cells = np.array([["a.png"], ["b.png"]], dtype=object)
    variables = {"name": cells, "mos": np.array([[1.5], [np.nan]]), "more": np.eye(2), "one": 7}
    savemat(tmp_path / "t.mat", variables)
    assert values(read(tmp_path / "t.mat")) == [
        {"name": "a.png", "mos": 1.5, "more_1": 1.0, "more_2": 0.0},
        {"name": "b.png", "mos": None, "more_1": 0.0, "more_2": 1.0},
    ]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"name": np.array(["a", "b"], dtype=object), "mos": np.ones(3)},
            "name has 2 .* mos has 3",
        ),
        ({"mos": np.ones((3, 1))}, 'has no column "name"'),
        ({"s": {"mos": 1.0}}, 'has no column "name"; its columns are –'),
    ],
)
def test_variables_that_are_no_table_are_refused(
    tmp_path: Path, variables: dict[str, Any], message: str
) -> None:
    savemat(tmp_path / "t.mat", variables)
    with pytest.raises(TableError, match=message):
        open_table(tmp_path / "t.mat", COLUMNS)


def test_version_7_3_of_matlab_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "t.mat").write_bytes(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512))
    with pytest.raises(TableError, match=r"version 7\.3, which is HDF5; .*save\('t\.mat', '-v7'\)"):
        open_table(tmp_path / "t.mat", COLUMNS)


@pytest.mark.parametrize("size", [20, 100, 126, 130, 300])
def test_a_damaged_file_of_matlab_is_called_one(tmp_path: Path, size: int) -> None:
    (tmp_path / "d.mat").write_bytes(b"MATLAB 5.0 MAT-file".ljust(size, b"x"))
    with pytest.raises(TableError, match=r"d\.mat cannot be read as a MATLAB file"):
        open_table(tmp_path / "d.mat", COLUMNS)


def test_texts_without_a_separator_or_a_header(tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text("5.5 I01.bmp\n\n4  I02.bmp\n1\n")
    spaced = read(tmp_path / "s.txt", shape=Shape(("mos", "name"), SPACES))
    assert values(spaced[:2]) == [
        {"mos": "5.5", "name": "I01.bmp"},
        {"mos": "4", "name": "I02.bmp"},
    ]
    assert spaced[1].line == 3
    assert spaced[2].problem is not None
    (tmp_path / "l.txt").write_text("a, b; c\nd\n")
    lines = read(tmp_path / "l.txt", Columns(("text",)), Shape(("text",), LINES))
    assert values(lines) == [{"text": "a, b; c"}, {"text": "d"}]
    (tmp_path / "e.txt").write_text("A.bmp,1523.7\n")
    bare = read(tmp_path / "e.txt", shape=Shape(("name", "mos")))
    assert values(bare) == [{"name": "A.bmp", "mos": "1523.7"}]
