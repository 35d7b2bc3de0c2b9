"""One reader: what CSV says, JSON says, and each broken row is alone at fault."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.steps import steps
from workbench.core.tables import Columns, Record, TableError, read_file, read_table

COLUMNS = Columns(
    ("name", "note"), frozenset({"score", "count"}), frozenset({"score"}), {"名": "name"}
)


def read(text: str | bytes, name: str = "t.csv", columns: Columns = COLUMNS) -> list[Record]:
    return list(read_table(text, name, columns))


def good(text: str | bytes, name: str = "t.csv") -> list[dict[str, Any]]:
    return [dict(record.values) for record in read(text, name) if record.problem is None]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("first", ["", "sep={}\n", "SEP={}\r\n", '"sep={}"\n', "\n\n", "\ufeff"])
def test_separators_line_ends_and_first_lines(separator: str, ends: str, first: str) -> None:
    sign = separator
    rows = [("Name", " NOTE ", "more"), ("a", 'x "y"', "1"), ("b", f"p{sign}q", "2")]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator, lineterminator=ends).writerows(rows)
    text = first.format(separator) + buffer.getvalue()
    expected = [
        {"name": "a", "note": 'x "y"', "more": "1"},
        {"name": "b", "note": f"p{sign}q", "more": "2"},
    ]
    assert good(text.encode()) == expected


def test_a_named_separator_is_used_even_if_another_is_likelier() -> None:
    assert good("sep=|\nname|note|a,b\nx|y|1,2\n") == [{"name": "x", "note": "y", "a,b": "1,2"}]


@pytest.mark.parametrize(
    "header", ["NAME,Note", " name , note ", "ｎａｍｅ,note", "\u00a0name,note\u200b", "名,NOTE"]
)
def test_columns_are_known_in_any_case_and_with_blanks(header: str) -> None:
    assert good(f"{header}\nx,y\n") == [{"name": "x", "note": "y"}]
    first, second = header.split(",")
    assert good(json.dumps({first: "x", second: "y"})) == [{"name": "x", "note": "y"}]


def test_json_in_lines_and_in_an_array_gives_the_rows_of_csv() -> None:
    rows = [{"Name": f"n{number}", "note": 'a, [b] {c} "d"', "MORE": "x"} for number in range(3)]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    expected = good(buffer.getvalue())
    assert expected[0] == {"name": "n0", "note": 'a, [b] {c} "d"', "MORE": "x"}
    lines = "\n".join(json.dumps(row) for row in rows)
    assert good(lines, "t.jsonl") == good(json.dumps(rows), "t.json") == expected
    assert good(json.dumps(rows, indent=2)) == expected
    assert good(json.dumps(rows).encode("utf-16")) == expected
    assert good(lines.encode("utf-8-sig")) == expected


def test_elements_of_an_array_have_the_lines_on_which_they_begin() -> None:
    text = (
        '[\n  {"name": "a", "note": "x"},\n\n  {"name": 1e999, "note": "x"},\n oops,\n {}\n]\nmore'
    )
    assert [(record.row, record.line, record.problem is None) for record in read(text)] == [
        (1, 2, True),
        (2, 4, False),
        (3, 5, False),
        (4, 6, True),
        (5, 8, False),
    ]


def test_an_array_that_is_never_closed_loses_its_last_element_alone() -> None:
    found = read('[{"name": "a", "note": "x"}, {"name": "b", "note": "never')
    assert [record.problem is None for record in found] == [True, False]


def test_one_json_object_over_several_lines_is_refused_by_what_it_is() -> None:
    with pytest.raises(
        TableError, match=r"one JSON object in which no table was found; write .*orient="
    ):
        read(json.dumps({"name": "a", "note": ["b"]}, indent=1))


TABLE = pd.DataFrame({"name": ["a", "b"], "note": ["x, y", None], "score": [2.5, 2**53 - 1]})
RECORDS = json.loads(TABLE.to_json(orient="records"))


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    "written",
    [
        *(
            json.loads(TABLE.to_json(orient=form))
            for form in ("columns", "index", "split", "table")
        ),
        {"data": RECORDS},
        {"rows": RECORDS},
        {name: [record[name] for record in RECORDS] for name in TABLE},
    ],
)
def test_a_table_in_one_json_object_is_read(written: dict[str, Any], indent: int | None) -> None:
    rows = good(json.dumps(written, indent=indent), "t.json")
    assert [(row["name"], row["note"], row["score"]) for row in rows] == [
        ("a", "x, y", 2.5),
        ("b", None, 2**53 - 1),
    ]


@pytest.mark.parametrize(
    "written",
    [
        {"a.png": {"name": "a", "note": "b"}, "b.png": {"name": "c", "note": "d"}},
        {"images": [{"name": "a"}], "annotations": [{"name": "b"}]},
        {"name": ["a", "b"], "note": ["c"]},
        {"columns": ["name", "name"], "data": [["a", "b"]]},
        {"columns": ["name", "note"], "data": [["a"]]},
        {"data": []},
    ],
)
def test_what_may_be_meant_in_two_ways_is_refused(written: dict[str, Any]) -> None:
    with pytest.raises(TableError, match="no table was found"):
        read(json.dumps(written, indent=1) + "\n\n", "t.json")


def test_one_row_may_hold_lists_of_objects() -> None:
    """As an export of a study with one image, one line per image."""
    row = {"name": "a", "trials": [{"rater": "r1"}], "data": [{"b": 1}]}
    assert good(json.dumps(row), "t.jsonl") == [row]


def test_a_first_line_that_is_no_json_is_its_rows_problem() -> None:
    found = read('oops\n{"name": "a", "note": "x"}\n', "t.jsonl")
    assert [record.problem is None for record in found] == [False, True]


def test_a_key_twice_is_a_problem_as_is_a_column_twice() -> None:
    (record,) = read('{"name": "a", "NAME": "b", "note": "x"}')
    assert record.problem is not None
    assert 'two values of "name"' in record.problem.message
    with pytest.raises(TableError, match='two columns "name"'):
        read("name,note,Name\na,b,c\n")


@pytest.mark.parametrize(
    ("separator", "written", "is_read_as"),
    [
        (";", "0,85", "0.85"),
        ("\t", "3,5", "3.5"),
        ("|", "-1,25", "-1.25"),
        (";", ",5", ".5"),
        (";", "0.85", "0.85"),
        (";", "1.234,5", "1.234,5"),
        (",", '"0,85"', "0,85"),
    ],
)
def test_a_decimal_comma_is_read_where_it_is_none_else(
    separator: str, written: str, is_read_as: str
) -> None:
    header, line = separator.join(("name", "note", "score")), separator.join(("a", "1,5", written))
    line = line if separator != "," else f'a,"1,5",{written}'
    assert good(f"{header}\n{line}\n") == [{"name": "a", "note": "1,5", "score": is_read_as}]


def test_numbers_of_rows_without_a_heading_are_passed_over() -> None:
    # As DataFrame.to_csv and R's write.csv put them; elsewhere such a cell is one too many.
    assert good(",name,note\n0,a,x\n1,b,y\n") == good(
        '"","name","note"\n"1","a","x"\n"2","b","y"\n'
    )
    assert good(",name,note\n0,a,x\n") == [{"name": "a", "note": "x"}]
    for text, says in (
        (",name,note\n0,a\n", "the row has 2 cells, the header has 3"),
        ("name,,note\na,1,x\n", "the row has 3 cells, the header has 2"),
    ):
        (record,) = read(text)
        assert says in str(record.problem)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'x,"never closed', "quotes are broken"),
        (b'x,"a"b', "quotes are broken"),
        (b"x", "the row has 1 cells, the header has 2"),
        (b"x,y,z", "the row has 3 cells, the header has 2"),
        (b"x,a\0b", 'column "note" contains a character that is not text'),
        (b"x,a\xe9b", 'column "note" contains a character that is not text'),
        (b"x," + b"y" * 100_001, "note has 100001 characters; at most 100000 fit"),
    ],
)
def test_a_broken_line_is_alone_at_fault(line: bytes, says: str) -> None:
    found = read(b'name,note\na,b\n%b\n"c\nd",e\nf,g\n' % line)
    assert [record.values["name"] for record in found if record.problem is None] == [
        "a",
        "c\nd",
        "f",
    ]
    (record,) = [record for record in found if record.problem is not None]
    assert (record.row, record.line) == (2, 3)
    assert record.problem is not None
    assert says in record.problem.message


def test_a_row_of_very_many_characters_is_its_own_problem() -> None:
    names = [f"c{number}" for number in range(30)]
    wide = dict.fromkeys(names, "x" * 90_000)
    header = ",".join(["name", "note", *names])
    cells = ",".join(["a", "b", *wide.values()])
    (csv_row,) = read(f"{header}\n{cells}\n")
    (json_row,) = read(json.dumps({"name": "a", "note": "b", "deep": list(wide.values())}))
    for record in (csv_row, json_row):
        assert record.problem is not None
        assert "at most 2000000 fit" in record.problem.message


def test_many_quotes_that_are_not_closed_take_no_longer_than_their_lines() -> None:
    few, many = ("name,note\n" + 'a,"b\n' * lines for lines in (500, 2_000))
    assert len(read(many)) >= 1_000
    assert steps(lambda: read(many)) < 5 * steps(lambda: read(few))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "t.csv is empty; write the columns name, note"),
        (" \n\ufeff\n", "is empty"),
        ("name,other\na,b\n", 'no column "note"; its columns are name, other'),
        ('"name,note\na,b\n', "the header of t.csv is broken"),
        ("<!DOCTYPE html><html><body><table>", "another kind: HTML, XML"),
        ('<?xml version="1.0"?><Workbook>', "another kind: HTML, XML"),
        ("sep=;\n", "no column"),
    ],
)
def test_what_is_no_table_is_refused(text: str, says: str) -> None:
    with pytest.raises(TableError) as caught:
        read(text)
    assert says in caught.value.message


def test_a_file_that_is_away_or_too_large_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TableError, match="No such file"):
        read_file(tmp_path / "none.csv")
    (tmp_path / "t.csv").write_bytes(b"name,note\n")
    assert read_file(tmp_path / "t.csv") == b"name,note\n"
    monkeypatch.setattr("workbench.core.tables.reading._MOST_BYTES", 2)
    with pytest.raises(TableError, match="larger than"):
        read_file(tmp_path / "t.csv")


@given(st.binary(max_size=200), st.sampled_from([b"name,note\n", b"{", b"[", b"\xff\xfe", b""]))
def test_any_bytes_give_rows_or_a_named_error(data: bytes, start: bytes) -> None:
    try:
        found = read(start + data)
    except TableError:
        return
    assert [record.row for record in found] == list(range(1, len(found) + 1))


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9).map(str.strip),
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9).map(str.strip),
        ).filter(any),
        min_size=1,
    ),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_writer_wrote_is_read(rows: list[tuple[str, str]], encoding: str) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([("name", "note"), *rows])
    found = good(buffer.getvalue().encode(encoding))
    assert [(row["name"], row["note"]) for row in found] == rows
