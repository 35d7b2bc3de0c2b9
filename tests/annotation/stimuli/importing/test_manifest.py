import json
import re
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.protocol.aigciqa2023 import AIGCIQA2023_PERSPECTIVES
from annotation.stimuli.importing.manifest import Manifest, read_manifest
from tests.annotation.stimuli.files import row, scored, write_jsonl, write_manifest
from workbench.core.tables import TableError

read = partial(read_manifest, perspectives=AIGCIQA2023_PERSPECTIVES)


def _read(folder: Path, text: str | bytes, name: str = "manifest.csv") -> Manifest:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read(path)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_found(tmp_path: Path, separator: str) -> None:
    lines = [("filename", "prompt", "generator", "style"), ("a.png", "a cat", "Glide", "oil")]

    manifest = _read(tmp_path, "\n".join(separator.join(line) for line in lines))

    assert manifest.errors == []
    (found,) = manifest.rows
    assert (found.filename, found.prompt, found.generator) == ("a.png", "a cat", "Glide")
    assert found.metadata == {"style": "oil"}


def test_a_comma_in_a_semicolon_header_is_no_separator(tmp_path: Path) -> None:
    manifest = _read(tmp_path, 'filename;prompt;generator;"hue, light"\na.png;a, b, c;G;warm')

    assert manifest.rows[0].prompt == "a, b, c"
    assert manifest.rows[0].metadata == {"hue, light": "warm"}


def test_a_byte_order_mark_and_capitals_do_not_hide_a_column(tmp_path: Path) -> None:
    manifest = _read(tmp_path, b"\xef\xbb\xbfFilename, Prompt ,GENERATOR\r\na.png,x,G\r\n")

    assert manifest.rows[0].filename == "a.png"


def test_the_same_rows_as_jsonl_read_the_same(tmp_path: Path) -> None:
    rows = [row(number, style="oil") for number in range(3)]

    as_csv = read(write_manifest(tmp_path / "m.csv", rows))
    as_jsonl = read(write_jsonl(tmp_path / "m.jsonl", rows))

    assert [item.metadata for item in as_csv.rows] == [{"style": "oil"}] * 3
    assert [(item.filename, item.prompt, item.metadata) for item in as_jsonl.rows] == [
        (item.filename, item.prompt, item.metadata) for item in as_csv.rows
    ]


def test_metadata_of_jsonl_keeps_its_types(tmp_path: Path) -> None:
    manifest = read(write_jsonl(tmp_path / "m.jsonl", [row(1, steps=30, tags=["a"], nothing=None)]))

    assert manifest.rows[0].metadata == {"steps": 30, "tags": ["a"]}


def test_a_row_is_named_by_its_number_and_by_the_line_where_it_starts(tmp_path: Path) -> None:
    text = 'filename,prompt,generator\na.png,"one\ntwo\nthree",G\n\n,x,G\n'

    manifest = _read(tmp_path, text)

    assert manifest.rows[0].prompt == "one\ntwo\nthree"
    assert (manifest.rows[0].row, manifest.rows[0].line) == (1, 2)
    assert [error.message for error in manifest.errors] == ["row 2 (line 6): filename is empty"]


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(TableError) as caught:
        _read(tmp_path, "filename,text,generator\na.png,x,G\n")

    assert str(caught.value) == (
        'manifest.csv has no column "prompt"; its columns are filename, text, generator; '
        "name the columns filename, prompt, generator in the first line"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        ("filename,prompt,generator\na.png,x,é\n".encode("latin-1"), r"not UTF-8 \(byte 34\)"),
        ("filename,prompt,generator\n".encode("utf-16")[:-1], "broken at byte"),
        (b"%PDF-1.4", "another kind: PDF; choose a table"),
        (b"filename,prompt,generator,prompt\na,b,c,d\n", 'two columns "prompt"'),
        (b'"filename,prompt,generator\na.png,x,G\n', "the header of manifest.csv is broken"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(TableError, match=message):
        _read(tmp_path, content)


def test_a_manifest_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"none.csv cannot be read"):
        read(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a.png,x", "the row has 2 cells, the header has 3"),
        ("a.png,x,y,z", "the row has 4 cells, the header has 3"),
        ("a.png,,G", "prompt is empty"),
        ("a.png,x, ", "generator is empty"),
        (f"{'a' * 301},x,G", "filename has 301 characters; at most 300 fit"),
        (f"a.png,x,{'G' * 201}", "generator has 201 characters; at most 200 fit"),
        ("../a.png,x,G", 'the name "../a.png" points outside the images'),
        ("/etc/passwd,x,G", 'the name "/etc/passwd" points outside the images'),
        ("C:\\a.png,x,G", 'the name "C:\\a.png" points outside the images'),
        ('a.png,"never closed,G', "the row's quotes are broken (unexpected end of data)"),
        ("a.png,x\0y,G", 'column "prompt" contains a character that is not text'),
    ],
)
def test_a_bad_row_is_listed_and_the_others_stay(tmp_path: Path, line: str, message: str) -> None:
    manifest = _read(tmp_path, f"filename,prompt,generator\n{line}\ngood.png,x,G\n")

    assert [error.sentence() for error in manifest.errors] == [message]
    assert [item.filename for item in manifest.rows] == ["good.png"]
    assert manifest.total == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"filename": "a.png"', "the line is not a JSON object"),
        ("[1, 2]", r"the line is not a JSON object \(list\)"),
        ('{"filename": 3, "prompt": "x", "generator": "G"}', "filename is not text"),
        ('{"filename": "a.png", "prompt": "x"}', "generator is empty"),
        ('{"filename": "a", "prompt": "x", "generator": "G", "v": NaN}', "NaN is not JSON"),
        (r'{"filename": "a", "prompt": "\ud800", "generator": "G"}', 'column "prompt" contains'),
        (r'{"filename": "a", "prompt": "x", "generator": "G", "m": ["\u0000"]}', 'column "m"'),
        ('{"a":' * 5000 + "1" + "}" * 5000, "cannot be kept .*nested more than 32 deep"),
        ('{"filename": "a", "prompt": "x", "generator": "G", "v": 1e400}', "1e400 is out of"),
        ('{"filename": "a", "prompt": "x", "generator": "G", "v": [-1e999]}', "out of the range"),
        ('{"filename": "a", "prompt": "x", "generator": "G", "v": 1' + "0" * 400 + "}", "out of"),
        ('{"filename": "a", "prompt": "x", "generator": "G", "v": ' + "1" * 5000 + "}", "digits"),
        (r'{"filename": "a", "prompt": "x", "generator": "G", "v\u0000": 1}', 'column "'),
        ('{"filename": "a", "prompt": "' + "x" * 100_001 + '", "generator": "G"}', "100001 char"),
    ],
)
def test_a_bad_line_of_jsonl_is_listed(tmp_path: Path, line: str, message: str) -> None:
    manifest = _read(tmp_path, json.dumps(row(1)) + "\n" + line + "\n", "m.jsonl")

    assert len(manifest.rows) == 1
    (error,) = manifest.errors
    assert (error.row, error.line) == (2, 2)
    assert re.search(message, error.sentence())


def test_a_backslash_followed_by_u0000_is_text(tmp_path: Path) -> None:
    manifest = _read(tmp_path, "filename,prompt,generator\na.png,x\\u0000,G\n")

    assert manifest.rows[0].prompt == "x\\u0000"


def test_a_filename_used_twice_names_its_first_row(tmp_path: Path) -> None:
    manifest = _read(tmp_path, "filename,prompt,generator\na.png,x,G\n./a.png,y,G\n")

    assert [error.message for error in manifest.errors] == [
        'row 2 (line 3): filename "a.png" is also in row 1'
    ]


def test_published_scores_are_read_on_their_scale(tmp_path: Path) -> None:
    path = write_manifest(
        tmp_path / "m.csv", [row(1, mos_quality="62.5", sd_quality="10", raters="28", mos_other=1)]
    )

    (found,) = read(path, mapping=scored(0, 100)).rows

    (score,) = found.scores
    assert (score.perspective, score.mos, score.sd, score.raters) == ("quality", 62.5, 10, 28)
    assert found.metadata == {"mos_other": "1"}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"mos_quality": "62.5"}, "mos_quality 62.5 is outside 0…1"),
        ({"mos_quality": "0.5", "sd_quality": "-0.1"}, "sd_quality -0.1 is outside 0…1"),
        ({"mos_quality": "-0.1"}, "mos_quality -0.1 is outside 0…1"),
        ({"mos_quality": "nan"}, 'mos_quality "nan" is not a number'),
        ({"mos_quality": "0,5"}, 'mos_quality "0,5" has a comma, which may mean two things'),
        ({"mos_quality": "0_5"}, 'mos_quality "0_5" is not a number'),
        ({"mos_quality": "0.5", "raters": "1.000"}, "raters 1.000 is outside 1…"),
        ({"mos_quality": "0.5", "raters": "1e300"}, "raters 1e300 is outside 1…"),
        ({"mos_quality": " " * 90_000 + "7"}, f"mos_quality {' ' * 40} is outside 0…1"),
        ({"mos_quality": "0.5", "raters": "2.5"}, "raters 2.5 is outside 1…"),
    ],
)
def test_a_score_that_is_none_is_listed(
    tmp_path: Path, columns: dict[str, str], message: str
) -> None:
    manifest = read(write_manifest(tmp_path / "m.csv", [row(1, **columns)]))

    assert [error.sentence() for error in manifest.errors] == [message]


def test_a_scale_that_begins_at_1_ends_there(tmp_path: Path) -> None:
    rows = [
        row(1, mos_quality="1", sd_quality="4"),
        row(2, mos_quality="0.9"),
        row(3, mos_quality="5", sd_quality="4.1"),
    ]
    manifest = read(write_manifest(tmp_path / "m.csv", rows), mapping=scored(1, 5))
    assert [item.scores[0].mos for item in manifest.rows] == [1]
    assert [error.sentence() for error in manifest.errors] == [
        "mos_quality 0.9 is outside 1…5",
        "sd_quality 4.1 is outside 0…4",
    ]


@pytest.mark.parametrize(
    ("word", "check"), [("yes", True), ("1", True), ("TRUE", True), ("no", False), ("", False)]
)
def test_a_row_says_whether_it_is_an_attention_check(
    tmp_path: Path, word: str, check: bool
) -> None:
    path = write_manifest(tmp_path / "m.csv", [row(1, Attention_Check=word, mos_quality="0")])
    (found,) = read(path).rows
    assert found.attention_check is check
    assert found.metadata == {}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"attention_check": "maybe", "mos_quality": "0"}, '"maybe" is neither yes nor no'),
        ({"attention_check": "yes", "mos_quality": ""}, "has no correct score"),
    ],
)
def test_an_attention_check_that_is_none_is_listed(
    tmp_path: Path, columns: dict[str, str], message: str
) -> None:
    (error,) = read(write_manifest(tmp_path / "m.csv", [row(1, **columns)])).errors
    assert message in error.sentence()


@given(st.binary(max_size=300))
def test_any_bytes_give_rows_or_a_named_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    try:
        manifest = _read(folder, b"filename,prompt,generator\n" + data)
    except TableError:
        return
    assert all(item.filename and item.prompt and item.generator for item in manifest.rows)
