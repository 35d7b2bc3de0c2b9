"""The table with one row per score, as PostgreSQL writes it, read back by others' readers."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet
import pytest
from django.db import connection

from annotation.models import Stimulus, Study, Trial
from annotation.opinion.export.formats import FORMATS
from annotation.opinion.export.records import Database, exported
from annotation.opinion.export.scores import EXPLANATIONS, PARTS, SCORES, Part, Row, Table
from tests.annotation.opinion.export.rated import rate, revise
from tests.factories import make_explanation, make_rater, make_stimuli, make_study, publish
from workbench.accounts.models import User
from workbench.core.statements import one_view
from workbench.core.tables.writing import GUARDED

pytestmark = pytest.mark.django_db

BEGAN = datetime(2026, 1, 1, 0, 0, 0, 250_000, UTC)
SIZE = {"shown_ms": 900, "away_ms": 0, "image_size": [640, 480], "pixel_ratio": 2}
#: What breaks a reader of lines, of quotes, of JSON, or of escapes.
HARD = 'a "b", c;\r\nd\\n\t{e}\u2028 \x7f %s 一只狐狸'


def data_of(study: Study, name: str, *, raw: bool = True) -> bytes:
    return b"".join(exported(study, FORMATS[name], raw=raw))


def rows_of(study: Study, name: str = "csv", *, raw: bool = True) -> list[dict[str, str]]:
    data = data_of(study, name, raw=raw)
    assert data.startswith(b"\xef\xbb\xbf") != raw
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def objects_of(study: Study) -> list[dict[str, Any]]:
    # No splitlines(): a text may have other line ends than the file.
    return [json.loads(line) for line in data_of(study, "jsonl").decode().split("\n") if line]


def parquet_of(study: Study) -> pa.Table:
    return pyarrow.parquet.read_table(io.BytesIO(data_of(study, "parquet")))


def of_kind(rows: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["kind"] in kinds]


@pytest.fixture
def answered(study: Study) -> Trial:
    """Two images; the first has all that a row can have."""
    first, second = make_stimuli(study, 2, metadata={"seed": 2**63 + 1})
    Stimulus.objects.filter(pk=second.pk).update(filename="=second.png")
    first.prompt.text = HARD
    first.prompt.save()
    publish(first, "authenticity", 61.5, source="=else", scale=(0, 100), raters=28)
    rater = make_rater(study)
    trial = rate(rater, first, {"authenticity": 2, "quality": 4, "correspondence": 5})
    revise(trial, "quality", 3)
    make_explanation(trial, "quality", phrases={"hue": 1}, text=HARD, language="en")
    times = {"displayed_at": BEGAN, "submitted_at": BEGAN.replace(microsecond=0, second=9)}
    Trial.objects.filter(pk=trial.pk).update(leased_at=BEGAN, behaviour=SIZE, **times)
    skipped = rate(rater, second, {}, position=1)
    Trial.objects.filter(pk=skipped.pk).update(
        state="skipped", submitted_at=None, skip_reason="other", skip_note="-x"
    )
    return trial


@pytest.mark.parametrize("table", [SCORES, EXPLANATIONS])
def test_columns_have_names_of_their_own(table: Table) -> None:
    assert len(set(table.names)) == len(table.names)
    assert not any(name.endswith("_file_name") for name in table.names)
    assert {part for row in table.rows for part in PARTS[row]} <= set(table.parts)
    assert table.parts[0] == Part.ROW
    assert set(PARTS) == set(Row)


def test_each_kind_of_row_is_there_in_order(study: Study, answered: Trial) -> None:
    named = ("kind", "filename", "perspective", "score", "revision", "counts", "published_mos")
    assert [tuple(row[name] for name in named) for row in rows_of(study)] == [
        ("image", "0000.png", "", "", "", "", ""),
        ("published", "0000.png", "authenticity", "", "", "", "61.5"),
        ("score", "0000.png", "quality", "3.0", "2", "true", ""),
        ("superseded", "0000.png", "quality", "4.0", "1", "false", ""),
        ("score", "0000.png", "authenticity", "2.0", "1", "true", ""),
        ("score", "0000.png", "correspondence", "5.0", "1", "true", ""),
        ("image", "=second.png", "", "", "", "", ""),
        ("skipped", "=second.png", "", "", "", "", ""),
    ]


def test_every_number_names_its_scale(study: Study, answered: Trial) -> None:
    published, score, *_others = of_kind(rows_of(study), "published", "score")
    names = ("scale_kind", "scale_minimum", "scale_maximum", "scale_levels", "scale_direction")
    assert [published[name] for name in names] == ["other", "0.0", "100.0", "", "higher"]
    assert [score[name] for name in names] == ["acr5", "1.0", "5.0", "5", "higher"]


def test_a_rows_cells_say_what_was_measured(study: Study, answered: Trial) -> None:
    row = of_kind(rows_of(study), "score")[0]
    assert row["leased_at_utc"] == "2026-01-01T00:00:00.25+00:00"
    assert row["submitted_at_utc"] == "2026-01-01T00:00:09+00:00"
    names = ("shown_ms", "away_ms", "displayed_width", "displayed_height", "pixel_ratio", "weight")
    assert [row[name] for name in names] == ["900", "0", "640", "480", "2.0", "1.0"]
    assert (row["excluded"], row["role"], row["draw"]) == ("false", "main", "priority")
    assert (row["protocol"], row["rater"]) == ("1", answered.rater.code)


def test_times_for_a_spreadsheet_are_to_the_second(study: Study, answered: Trial) -> None:
    row = of_kind(rows_of(study, raw=False), "score")[0]
    assert row["leased_at_utc"] == "2026-01-01 00:00:00"
    assert row["submitted_at_utc"] == "2026-01-01 00:00:09"


def test_texts_leave_as_they_are_in_every_form(study: Study, answered: Trial) -> None:
    rows, objects = rows_of(study), objects_of(study)
    table = parquet_of(study).to_pylist()
    assert [row["prompt"] for row in (*rows, *objects, *table)][:1] == [HARD]
    for found in (rows, objects, table):
        assert found[0]["prompt"] == HARD
    (reason,) = rows_of(study, "explanations")
    assert (reason["text"], json.loads(reason["phrases"])) == (HARD, {"hue": 1})


def test_an_explanation_is_a_row_with_its_score(study: Study, answered: Trial) -> None:
    (row,) = rows_of(study, "explanations")
    names = ("kind", "filename", "rater", "perspective", "score", "revision", "language", "regions")
    code = answered.rater.code
    assert [row[name] for name in names] == [
        "explanation", "0000.png", code, "quality", "3.0", "2", "en", "",
    ]  # fmt: skip


@pytest.mark.parametrize("sign", [*GUARDED, "x"])
def test_a_spreadsheet_gets_no_formula(study: Study, sign: str) -> None:
    (stimulus,) = make_stimuli(study, 1)
    stimulus.prompt.text = f"{sign}1"
    stimulus.prompt.save()
    guard = "'" if sign != "x" else ""
    assert rows_of(study, raw=False)[0]["prompt"] == f"{guard}{sign}1"
    assert rows_of(study)[0]["prompt"] == f"{sign}1"


def test_the_forms_have_the_same_cells(study: Study, answered: Trial) -> None:
    """JSON Lines, read as JSON, and Parquet, by their types."""
    objects, table = objects_of(study), parquet_of(study)
    assert [list(item) for item in objects] == [SCORES.names] * 8
    for one, other in zip(objects, table.to_pylist(), strict=True):
        for name in SCORES.names:
            time = name.endswith("_utc") and one[name]
            assert other[name] == (datetime.fromisoformat(one[name]) if time else one[name])


def test_types_hold_where_nothing_is_rated_yet(study: Study) -> None:
    make_stimuli(study, 3)
    schema = parquet_of(study).schema
    assert schema.field("score").type == pa.float64()
    assert schema.field("scored_at_utc").type == pa.timestamp("us", "UTC")
    assert schema.field("counts").type == pa.bool_()
    assert schema.field("revision").type == pa.int64()
    assert pa.null() not in schema.types
    assert all(field.metadata[b"description"] for field in schema)


def test_pyarrow_reads_the_csv_and_the_lines(study: Study, answered: Trial) -> None:
    options = pyarrow.csv.ParseOptions(newlines_in_values=True)
    table = pyarrow.csv.read_csv(io.BytesIO(data_of(study, "csv")), parse_options=options)
    assert table.schema.field("score").type == pa.float64()
    assert table.schema.field("counts").type == pa.bool_()
    assert table["score"].drop_null().to_pylist() == [3.0, 4.0, 2.0, 5.0]
    lines = pyarrow.json.read_json(io.BytesIO(data_of(study, "jsonl")))
    assert lines.schema.field("score").type == pa.float64()
    assert lines["score"].drop_null().to_pylist() == [3.0, 4.0, 2.0, 5.0]
    # Metadata are a text, in which a seed has all its digits.
    assert json.loads(lines["metadata"][0].as_py()) == {"seed": 2**63 + 1}


def test_statements_about_some_images_each_give_what_one_gives(
    study: Study, answered: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_stimuli(study, list(range(10, 15)))
    whole = data_of(study, "csv")
    monkeypatch.setattr("annotation.opinion.export.asked._FIRST", 1)
    monkeypatch.setattr("annotation.opinion.export.asked._BYTES", 1)
    assert data_of(study, "csv") == whole


@pytest.mark.parametrize("trials", [1, 2, 3])
@pytest.mark.parametrize("form", ["csv", "explanations"])
def test_an_image_that_was_rated_often_leaves_in_parts(
    study: Study, answered: Trial, monkeypatch: pytest.MonkeyPatch, trials: int, form: str
) -> None:
    """All rows of a statement leave PostgreSQL as one, which has at most 1 GiB."""
    third, fourth = make_stimuli(study, [20, 21])
    for image in (answered.stimulus, third, fourth, third):
        trial = rate(make_rater(study), image, {"quality": 2, "authenticity": 5})
        make_explanation(trial, "quality", text="six fingers")
    whole, read = data_of(study, form), list[int]()
    monkeypatch.setattr("annotation.opinion.export.spans._TRIALS", trials)
    with one_view():
        source = Database(study, read=read.append)
        pieces = list(FORMATS[form].encode(source, raw=True))
    assert b"".join(pieces) == whole
    assert read == sorted(read)
    assert read[-1] == 4
    assert len(read) >= 6 // trials


def test_rows_that_are_passed_on_together_or_one_by_one_are_the_same(
    study: Study, answered: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    for score in (1, 2):
        rate(make_rater(study), answered.stimulus, {"quality": score, "authenticity": 5})
    whole = data_of(study, "csv")
    monkeypatch.setattr("annotation.opinion.export.lines._TOGETHER", 1)
    assert data_of(study, "csv") == whole


def test_an_explanation_behind_many_images_without_any_is_found(study: Study) -> None:
    *_, last = make_stimuli(study, 45)
    make_explanation(rate(make_rater(study), last, {"quality": 3}), "quality", text="six fingers")
    assert [row["text"] for row in rows_of(study, "explanations")] == ["six fingers"]


def test_an_excluded_image_is_marked_and_its_scores_do_not_count(
    study: Study, answered: Trial
) -> None:
    Stimulus.objects.filter(pk=answered.stimulus_id).update(state="excluded")
    rows = of_kind(rows_of(study), "score")
    assert {(row["state"], row["counts"]) for row in rows} == {("excluded", "false")}


def test_another_study_is_no_part(study: Study, answered: Trial, owner: User) -> None:

    other = make_study(owner, "other")
    assert rows_of(other) == []
    assert data_of(other, "jsonl") == b""
    assert parquet_of(other).num_rows == 0


@pytest.mark.django_db(transaction=True)
def test_a_download_that_is_given_up_frees_its_connection(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_stimuli(study, 30)
    monkeypatch.setattr("annotation.opinion.export.lines._TOGETHER", 1)
    for name in ("csv", "jsonl", "parquet", "explanations"):
        pieces = exported(study, FORMATS[name])
        next(pieces)
        next(pieces, None)
        pieces.close()
        # The connection is between transactions, and answers.
        assert not connection.in_atomic_block
        assert Study.objects.count() == 1
