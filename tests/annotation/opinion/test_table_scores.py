"""`manage.py opinion_scores`: any table of ratings, without a database."""

import csv
import os
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command, execute_from_command_line

from annotation.opinion.methods import METHODS, OpinionError
from annotation.opinion.rating_table import RatingsError, read_ratings
from annotation.opinion.table_scale import parse_scale, scale_of
from annotation.opinion.table_scores import score_table
from tests.shared_data import require_shared

from .methods.panel import golden

HEADER = "stimulus,subject,score"


@pytest.fixture
def ratings(tmp_path: Path) -> Any:
    """Writes these rows as a table."""

    def write(*rows: str, header: str = HEADER) -> Path:
        path = tmp_path / "ratings.csv"
        path.write_text("\n".join([header, *rows]) + "\n")
        return path

    return write


def run(path: Path, method: str = "mos", **more: Any) -> tuple[str, str]:
    """What is said, and what is said besides."""
    out, besides = StringIO(), StringIO()
    folder = path.parent
    targets = {"out": folder / "scores.csv", "subjects": folder / "subjects.csv"}
    call_command(
        "opinion_scores", path, method=method, stdout=out, stderr=besides, **{**targets, **more}
    )
    return out.getvalue(), besides.getvalue()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_golden_scores_come_out_of_the_file_to_the_last_digit(tmp_path: Path) -> None:
    source = require_shared("golden/opinion/nflx_public_last4outliers.ratings.csv")
    path = tmp_path / "ratings.csv"
    path.write_bytes(source.read_bytes())
    run(path, "bt500", scale="1-5")
    panel, _ = golden("nflx_public_last4outliers")
    found = METHODS["bt500"].estimate(panel, METHODS["bt500"].parameters())
    scores = rows_of(tmp_path / "scores.csv")
    assert list(scores[0]) == ["stimulus", "score", "std_error", "ci_low", "ci_high", "n"]
    assert [row["stimulus"] for row in scores] == [str(place) for place in range(79)]
    np.testing.assert_array_equal([float(row["score"]) for row in scores], found.value)
    np.testing.assert_array_equal([float(row["std_error"]) for row in scores], found.standard_error)
    subjects = rows_of(tmp_path / "subjects.csv")
    assert list(subjects[0]) == ["subject", "bias", "inconsistency", "rejected", "n"]
    assert [row["subject"] for row in subjects if row["rejected"] == "1"] == ["26", "29"]
    assert {row["n"] for row in subjects} == {"79"}


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_method_takes_a_table(ratings: Any, name: str) -> None:
    rows = [f"i{image},r{rater},{1 + (image + rater * rater) % 5}" for image in range(8)
            for rater in range(5)]  # fmt: skip
    path = ratings(*rows)
    said, besides = run(path, name)
    assert "40 ratings of 8 images by 5 subjects" in said
    assert "scale: taken as 1 to 5" in besides
    for row in rows_of(path.parent / "scores.csv"):
        assert float(row["ci_low"]) < float(row["ci_high"])
    assert len(rows_of(path.parent / "subjects.csv")) == 5


def test_a_screening_drops_subjects_before_and_keeps_them_in_the_list(tmp_path: Path) -> None:
    source = require_shared("golden/opinion/nflx_public_last4outliers.ratings.csv")
    found = score_table(read_ratings(source), "mos", screening="bt500")
    subjects = [row.split(",") for row in found.subjects_csv().splitlines()[1:]]
    assert [row[0] for row in subjects if row[3] == "1"] == ["26", "29"]
    assert set(found.reasons()) == {"26", "29"}
    assert (found.estimates.n == 28).all()


def test_columns_may_be_in_any_order_and_case_and_others_are_named(ratings: Any) -> None:
    path = ratings("5,x,anna,b.png", "1,y,anna,a.png", header="Score,note,SUBJECT, Stimulus ")
    _, besides = run(path, scale="1-5")
    assert "ignored columns: note" in besides
    assert [row["stimulus"] for row in rows_of(path.parent / "scores.csv")] == ["b.png", "a.png"]
    assert not path.with_name("scores.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_repetitions_are_told_apart(ratings: Any) -> None:
    path = ratings("a,r,1,1", "a,r,5,2", "b,r,2,1", header=f"{HEADER},repetition")
    run(path)
    assert [(row["score"], row["n"]) for row in rows_of(path.parent / "scores.csv")] == [
        ("3.0", "2"),
        ("2.0", "1"),
    ]


def test_what_is_not_known_is_an_empty_cell(ratings: Any) -> None:
    path = ratings("a,r,3", "b,r,3")
    run(path, "zscore")
    assert rows_of(path.parent / "scores.csv")[0] == {
        "stimulus": "a", "score": "", "std_error": "", "ci_low": "", "ci_high": "", "n": "0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["a,r,3", "b,r,"], "line 3: score is empty"),
        (["a,r,3", "b,r,nan"], 'line 3: score is "nan", not a finite number'),
        (["a,r,inf"], 'line 2: score is "inf"'),
        (["a,r,1e999"], 'line 2: score is "1e999"'),
        (["a,r,1_000"], 'line 2: score is "1_000"'),
        (["a,r,good"], 'line 2: score is "good", not a finite number; write one such as 4'),
        ([",r,3"], "line 2: stimulus is empty; give its name"),
        (["a, ,3"], "line 2: subject is empty"),
        (["a,r"], "line 2: the row has 2 cells, the header has 3"),
        (["a,r,3", "b,r,2", "a,r,4"], 'line 4: subject "r" has rated "a" before, on line 2'),
        (["a,r,3", "b,r,6"], "line 3: score 6 is outside 1 to 5; correct it"),
        ([], "has no ratings"),
    ],
)
def test_rows_that_are_no_ratings_are_named_and_nothing_is_written(
    ratings: Any, rows: list[str], message: str
) -> None:
    path = ratings(*rows)
    with pytest.raises(CommandError, match=message):
        run(path, scale="1-5")
    assert names_in(path.parent) == ["ratings.csv"]


def test_many_wrong_rows_are_counted(ratings: Any) -> None:
    path = ratings(*(f"a{place},r,x" for place in range(25)))
    with pytest.raises(CommandError, match="25 rows cannot be used") as caught:
        run(path)
    assert str(caught.value).count("line ") == 10
    assert "and 15 more" in str(caught.value)


@pytest.mark.parametrize("value", ["x", "1.5", "-1"])
def test_a_repetition_is_a_whole_number(ratings: Any, value: str) -> None:
    with pytest.raises(CommandError, match=r"line 2: repetition is .*; count from 0 or 1 in whole"):
        run(ratings(f"a,r,3,{value}", header=f"{HEADER},repetition"))


def test_a_table_without_a_column_and_none_at_all_are_named(ratings: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match='has no column "score"'):
        run(ratings("a,r,3", header="stimulus,subject,rating"))
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "absent.csv")


def test_what_would_be_overwritten_is_named(ratings: Any, tmp_path: Path) -> None:
    path = ratings("a,r,3")
    for wrong in ({"out": path}, {"subjects": tmp_path / "scores.csv"}):
        with pytest.raises(CommandError, match="is given twice"):
            run(path, **wrong)
    with pytest.raises(CommandError, match="is a folder"):
        run(path, out=tmp_path)
    with pytest.raises(CommandError, match="cannot be written: there is no folder"):
        run(path, subjects=tmp_path / "absent" / "subjects.csv")
    assert names_in(tmp_path) == ["ratings.csv"]


def test_no_device_is_replaced(ratings: Any, tmp_path: Path) -> None:
    path, pipe = ratings("a,r,3"), tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to(pipe)
    for name in ("pipe", "link"):
        with pytest.raises(CommandError, match=f"{name} is a device or a pipe"):
            run(path, out=tmp_path / name)
    assert pipe.is_fifo()
    assert sorted(names_in(tmp_path)) == ["link", "pipe", "ratings.csv"]


def test_a_link_stays_and_leads_to_the_scores(ratings: Any, tmp_path: Path) -> None:
    path, link, circle = ratings("a,r,3"), tmp_path / "link.csv", tmp_path / "circle.csv"
    link.symlink_to(tmp_path / "scores.csv")
    run(path, out=link)
    assert link.is_symlink()
    assert rows_of(tmp_path / "scores.csv")[0]["score"] == "3.0"
    circle.symlink_to(circle)
    with pytest.raises(CommandError, match=r"circle.csv cannot be written: .*; choose another"):
        run(path, out=circle)


def test_an_option_of_the_method_is_checked(ratings: Any) -> None:
    path = ratings(*(f"i{image},r{rater},{1 + (image * rater) % 5}" for image in range(9)
                     for rater in range(4)))  # fmt: skip
    run(path, "p910", option=["content_ambiguity=true"])
    with pytest.raises(CommandError, match="there is no 'tempo'"):
        run(path, "p910", option=["tempo=1"])


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("1-5", (1, 5)),
        ("0-100", (0, 100)),
        ("-3-3", (-3, 3)),
        ("-3--1", (-3, -1)),
        ("1:5", (1, 5)),
        ("0.5..4.5", (0.5, 4.5)),
        (" 0 – 10 ", (0, 10)),
    ],
)
def test_a_scale_is_read(text: str, ends: tuple[float, float]) -> None:
    assert parse_scale(text) == ends


@pytest.mark.parametrize("text", ["5", "5-1", "1-1", "one-five", "1-5-7", ""])
def test_a_scale_that_is_none_is_named(text: str) -> None:
    with pytest.raises(OpinionError, match=f'the scale "{text}"'):
        parse_scale(text)


@pytest.mark.parametrize(
    ("scores", "ends", "levels"),
    [
        ([1, 4, 2], (1, 5), 5),
        ([1.5, 4], (1, 5), 9),
        ([1, 2.25], (1, 5), 101),
        ([0, 1, 1], (0, 1), 2),
        ([2, 7], (1, 7), 7),
        ([-2, 3], (-3, 3), 7),
        ([0, 10], (0, 10), 11),
        ([12, 88.3], (0, 100), 101),
        ([0, 250], (0, 250), 251),
        ([0, 100_000], (0, 100_000), 101),
    ],
)
def test_a_scale_is_guessed_from_the_scores(
    scores: list[float], ends: tuple[float, float], levels: int
) -> None:
    scale = scale_of(np.array(scores, dtype=np.float64), None)
    assert (scale.ends, scale.levels) == (ends, levels)


def test_a_very_short_scale_has_levels() -> None:
    assert scale_of(np.array([2e-10, 7e-10]), (0, 1e-9)).levels == 101


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_score_too_large_for_any_sum_of_squares_is_named(ratings: Any, name: str) -> None:
    with pytest.raises(CommandError, match=r"from 3 to 1e\+300 cannot be computed with; its ends"):
        run(ratings("a,r,3", "b,r,1e300"), name)


def test_one_score_far_from_all_scales_tells_none() -> None:
    with pytest.raises(OpinionError, match="all scores are 250"):
        scale_of(np.array([250.0, 250.0]), None)


def test_a_negative_scale_is_a_value(ratings: Any) -> None:
    path = ratings("a,r,-3", "a,s,2", "b,r,0")
    out = path.parent / "scores.csv"
    command = ["manage.py", "opinion_scores", str(path), "--method", "mos", "--scale", "-3-3"]
    execute_from_command_line([*command, "--out", str(out)])
    assert rows_of(out)[0]["score"] == "-0.5"


def test_a_wrong_scale_is_named(ratings: Any) -> None:
    with pytest.raises(CommandError, match='the scale "5-1" does not go up'):
        run(ratings("a,r,3"), scale="5-1")


def test_numbers_are_names_in_json_lines_and_nothing_else_is(tmp_path: Path) -> None:
    path = tmp_path / "ratings.jsonl"
    rows = (
        '{"stimulus": 7, "subject": 1, "score": 3}',
        '{"stimulus": 7, "subject": 2, "score": 4}',
    )
    path.write_text("\n".join(rows))
    assert read_ratings(path).stimuli == ["7"]
    path.write_text('{"stimulus": true, "subject": 1, "score": 3}\n')
    with pytest.raises(RatingsError, match="give its name, or delete the row"):
        read_ratings(path)


def test_an_empty_repetition_is_the_first_and_only_one(ratings: Any) -> None:
    table = read_ratings(ratings("a,x,3,", "a,y,4,", header=f"{HEADER},repetition"))
    assert table.repetition.tolist() == [0, 0]


@pytest.mark.parametrize("method", ["zscore", "aigciqa2023"])
def test_images_that_a_method_leaves_without_a_score_are_told(ratings: Any, method: str) -> None:
    # One image: no rater's scores differ, so that none has a z-score.
    said, besides = run(ratings("a,x,3", "a,y,4"), method, scale="1-5")
    assert said.startswith("2 ratings of 1 image by 2 subjects")
    assert "Some images have ratings but no score" in besides


def test_of_very_many_subjects_the_first_are_named(ratings: Any) -> None:
    rows = [f"i{image},r{rater:02},3" for image in range(2) for rater in range(25)]
    _said, besides = run(ratings(*rows), "zscore", scale="1-5")
    assert besides.count("subject r") == 20
    assert "and 5 more subjects" in besides
