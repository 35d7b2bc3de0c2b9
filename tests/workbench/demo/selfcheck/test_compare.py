"""An export is compared with what was sent: every kind of difference is found."""

import json
from typing import Any

import pytest

from annotation.protocol.aigciqa2023 import AIGCIQA2023_PERSPECTIVES as PERSPECTIVES
from workbench.demo.crowd import Sent
from workbench.demo.raters import Answer
from workbench.demo.selfcheck.compare import compare, csv_departures, holdout_srcc

CAPS = {"pool": 2, "holdout": 3}


def sent(rater: str, filename: str = "a.jpg", score: float = 4.0) -> Sent:
    return Sent(
        rater,
        filename,
        {name: Answer(score, {"key": 2}, "odd") for name in PERSPECTIVES},
    )


def trial(
    rater: str, score: float = 4.0, revision: int = 1, text: str = "odd", *, counts: bool = True
) -> dict[str, Any]:
    names = [str(name) for name in PERSPECTIVES]
    return {
        "rater": rater,
        "scores": dict.fromkeys(names, score),
        "revisions": dict.fromkeys(names, revision),
        "counts": dict.fromkeys(names, counts),
        "explanations": {name: {"phrases": {"key": 2}, "text": text} for name in names},
    }


def record(
    *trials: dict[str, Any], mos: float | None = 4.0, filename: str = "a.jpg", split: str = "pool"
) -> str:
    opinions = {str(name): {"mos": mos} for name in PERSPECTIVES}
    return json.dumps({"filename": filename, "split": split, "mos": opinions, "trials": trials})


def test_an_export_that_holds_what_was_sent_does_not_depart() -> None:
    lines = [
        record(trial("A"), trial("B", 2.0), mos=3.0),
        record(trial("A"), filename="b.jpg", split="holdout"),
        record(mos=None, filename="c.jpg"),
    ]
    found = compare(lines, [sent("A"), sent("B", score=2.0), sent("A", "b.jpg")], CAPS)
    assert (found.departures, found.duplicates, found.over_cap) == (0, 0, 0)
    assert (found.stimuli, found.stored, found.pool_rated) == (3, 3, 1)
    assert found.opinions == 2 * len(PERSPECTIVES)
    assert found.holdout == {"b.jpg": dict.fromkeys(map(str, PERSPECTIVES), 4.0)}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (record(mos=None), "what A sent is not in the export"),
        (record(trial("A", 5.0), mos=5.0), "what A sent is not what the export has"),
        (record(trial("A", revision=2)), "what A sent is not what the export has"),
        (record(trial("A", text="")), "what A sent is not what the export has"),
        (record(trial("A"), trial("B")), "B sent nothing"),
        (record(trial("A"), mos=3.9), "the MOS of quality is 3.9"),
        (record(trial("A"), mos=None), "the MOS of quality is None"),
        (record(trial("A", counts=False)), "the MOS of quality is 4.0, [] count"),
    ],
)
def test_a_departure_is_described(line: str, sentence: str) -> None:
    found = compare([line], [sent("A")], CAPS)
    assert found.departures > 0
    assert any(sentence in described for described in found.described)


def test_what_does_not_count_is_stored_and_not_in_the_mos() -> None:
    line = record(trial("A"), trial("B", 1.0, counts=False), mos=4.0)
    found = compare([line], [sent("A"), sent("B", score=1.0)], CAPS)
    assert (found.departures, found.stored) == (0, 2)


def scores(*rows: str) -> list[str]:
    return ["filename,perspective,score,counts", *rows]


def images(*rows: str) -> list[str]:
    return ["filename,n_quality,mos_quality", *rows]


def test_a_csv_whose_means_are_its_mos_does_not_depart() -> None:
    """(2 + 5) / 2 = 3.5; the row that does not count, the published one and b.jpg are no part."""
    rows = ["quality,2.0,true", "quality,5.0,true", "quality,1.0,false", "quality,,", ",,"]
    found = scores(*(f"a.jpg,{row}" for row in rows), "b.jpg,,,")
    assert csv_departures(found, images("a.jpg,2,3.5", "b.jpg,0,"), 1) == []


@pytest.mark.parametrize(
    ("score", "image", "sentence"),
    [
        ("a.jpg,quality,4.0,true", "a.jpg,1,3.5", "the MOS of quality is 3.5, [4.0] count"),
        ("a.jpg,quality,4.0,true", "a.jpg,1,", "the MOS of quality is None, [4.0] count"),
        ("a.jpg,quality,4.0,false", "a.jpg,1,4.0", "the MOS of quality is 4.0, [] count"),
        ("b.jpg,,,", "b.jpg,0,", "0 MOS, not 1"),
    ],
)
def test_a_departure_of_the_csv_is_described(score: str, image: str, sentence: str) -> None:
    found = csv_departures(scores(score), images(image), 1)
    assert any(sentence in described for described in found)


def test_a_rating_stored_twice_is_counted() -> None:
    assert compare([record(trial("A"), trial("A"))], [sent("A")], CAPS).duplicates == 1


def test_ratings_beyond_the_cap_are_counted() -> None:
    names = ["A", "B", "C", "D"]
    lines = [record(*map(trial, names)), record(*map(trial, names), split="holdout", filename="b")]
    answers = [sent(name, filename) for name in names for filename in ("a.jpg", "b")]
    assert compare(lines, answers, CAPS).over_cap == (4 - 2) + (4 - 3)


def test_only_a_few_departures_are_described_and_all_are_counted() -> None:
    found = compare([], [sent(f"rater {number}") for number in range(40)], CAPS)
    assert found.departures == 40
    assert len(found.described) < 10


def test_rank_correlation_is_of_the_hold_out_alone() -> None:
    """Ranks 1 2 3 4 against 1 2 4 3: 1 - 6 (1 + 1) / (4 · 15) = 0.8 (Spearman's formula)."""
    names = [str(name) for name in PERSPECTIVES]
    predictions = [
        {"filename": filename, "scores": {name: {"mean": mean} for name in names}}
        for filename, mean in [("a", 0.1), ("b", 0.2), ("c", 0.4), ("d", 0.3), ("pool", 0.9)]
    ]
    holdout = {
        name: dict.fromkeys(names, mos) for name, mos in zip("abcd", (1, 2, 3, 4), strict=True)
    }
    srcc = holdout_srcc(predictions, {key: dict(value) for key, value in holdout.items()})
    assert srcc == pytest.approx(dict.fromkeys(names, 0.8))
