"""The table of `make chaos`: what a row says, and where it is put."""

from pathlib import Path

import pytest

from chaos import report
from chaos.crowd import Journal
from chaos.ledger import Reconciled, longest_silence, p95_ms, served_after
from chaos.outcome import Outcome, Plan, Row, SkippedError, markdown, run_rows
from chaos.registry import ROWS
from chaos.site import Sites

CLEAN = Reconciled(9, 9, 0, 0, 0, 0, 0, 0, 0)


def acknowledged(*times: float) -> Journal:
    """An answer sent half a second before each time."""
    rows = [(trial, 0, {"quality": 4.0}, at - 0.5, at) for trial, at in enumerate(times)]
    return Journal(begun=0.0, ended=10.0, acknowledged=rows)


def test_silence_counts_from_the_beginning_to_the_end() -> None:
    assert longest_silence(acknowledged(1.0, 2.0, 8.5)) == 6.5
    assert longest_silence(acknowledged(6.0)) == 6.0
    assert longest_silence(acknowledged()) == 10.0


def test_the_first_answer_after_a_moment_counts() -> None:
    assert served_after(acknowledged(1.0, 4.0), 3.5) == 0.5
    assert served_after(acknowledged(1.0), 3.5) is None


def test_waiting_is_measured_of_what_was_sent_meanwhile() -> None:
    assert p95_ms(acknowledged(1.0, 4.0), 3.0, 5.0) == 500.0


def test_a_row_says_what_it_promised_and_did_not_keep() -> None:
    outcome = Outcome()
    outcome.nothing_lost(Reconciled(9, 8, 1, 0, 0, 0, 2, 0, 0))
    outcome.within("serving again after", 7.25, 5.0)
    outcome.within("work goes on after", None, 30.0)
    assert outcome.verdict == (
        "broken: 1 lost; 2 seen twice; serving again after within 5 s; "
        "work goes on after within 30 s"
    )
    assert outcome.figures["serving again after"] == "7.2 s"
    assert outcome.figures["work goes on after"] == "never"


def test_rows_that_break_off_or_are_skipped_do_not_end_the_run() -> None:
    def lacking(plan: Plan, sites: Sites) -> Outcome:
        raise SkippedError("no nginx")

    def failing(plan: Plan, sites: Sites) -> Outcome:
        raise ValueError("no such study")

    def well(plan: Plan, sites: Sites) -> Outcome:
        outcome = Outcome()
        outcome.nothing_lost(CLEAN)
        return outcome

    rows = [
        Row(name, f"fault | {name}", "promise", act)
        for name, act in (("a", lacking), ("b", failing), ("c", well))
    ]
    found = run_rows(rows, Plan(), lambda line: None)
    assert [found[name].verdict for name in "abc"] == [
        "skipped: no nginx",
        "broken: broke off: no such study",
        "kept",
    ]
    *_head, last = markdown(rows, found)
    assert last == "| `c` | fault / c | promise | acknowledged 9, lost 0 | kept |"


def test_the_table_goes_between_its_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = tmp_path / "reliability.md"
    document.write_text(report.DOCUMENT.read_text())
    monkeypatch.setattr(report, "DOCUMENT", document)
    machine = {"processor": "P", "cores": 2, "memory_gib": 8.0, "system": "Linux"}
    for name in ("first", "second"):
        report.put_into_document([f"| {name} |"], machine, 3.0, Plan(), "2026-01-01")
    text = document.read_text()
    assert "| second |" in text
    assert "| first |" not in text
    assert "other programs keep 3.0 cores busy" in text
    assert text.endswith(report.DOCUMENT.read_text()[-200:])


def test_every_row_has_a_name_of_its_own() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
