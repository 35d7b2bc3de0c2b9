"""An export is held against what was sent: every kind of departure is found."""

import json
from typing import Any

import pytest

from annotation.protocol.aigciqa2023 import AIGCIQA2023_PERSPECTIVES as PERSPECTIVES
from workbench.demo.crowd import Sent
from workbench.demo.raters import Answer
from workbench.demo.selfcheck_compare import compare, holdout_srcc

CAPS = {"pool": 2, "holdout": 3}


def sent(rater: str, filename: str = "a.jpg", score: float = 4.0) -> Sent:
    return Sent(
        rater,
        filename,
        {name: Answer(score, {"key": 2}, "odd") for name in PERSPECTIVES},
    )


def trial(rater: str, score: float = 4.0, revision: int = 1, text: str = "odd") -> dict[str, Any]:
    names = [str(name) for name in PERSPECTIVES]
    return {
        "rater": rater,
        "scores": dict.fromkeys(names, score),
        "revisions": dict.fromkeys(names, revision),
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
    ],
)
def test_a_departure_is_described(line: str, sentence: str) -> None:
    found = compare([line], [sent("A")], CAPS)
    assert found.departures > 0
    assert any(sentence in described for described in found.described)


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
