"""The self-check: a small run of all of it, and what it says when a stage fails."""

import io
import json
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.core.management import CommandError, call_command

from workbench.demo.selfcheck import Plan, Report, SelfCheck, StageError, table
from workbench.demo.selfcheck_memory import PeakMemory
from workbench.local.errors import LocalServerError
from workbench.local.stack import Stack

#: Enough for a first model, which needs 20 rated images of the pool.
SMALL = Plan(
    images=72,
    raters=4,
    holdout_ratings=2,
    first_images=26,
    prioritised_images=16,
    watched=5,
    required_ratings=50,
    required_srcc=-1,
)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the self-check makes its own folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.slow
@pytest.mark.worker
@pytest.mark.timeout(600)
def test_the_whole_loop_runs_and_leaves_nothing_behind(tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    check = SelfCheck(SMALL, io.StringIO())
    report = check.run()
    assert report.passed
    assert report.stimuli == 72
    assert report.ratings_sent == report.ratings_stored > 50
    assert (report.duplicate_ratings, report.over_cap_ratings) == (0, 0)
    assert report.ratings_sent_twice > 0
    assert set(report.holdout_srcc_after) == {"quality", "authenticity", "correspondence"}
    assert report.peak_memory_mib > 100
    assert not check._stack.data.exists()
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def _refuse(stack: Stack) -> None:
    raise LocalServerError("PostgreSQL found no room; free some space and start again")


def test_a_failed_stage_is_named_with_its_fix(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stack, "start", _refuse)
    check = SelfCheck(SMALL, io.StringIO())
    with pytest.raises(StageError, match=r'stage "start" failed: .* free some space'):
        check.run()
    assert (check.report.passed, check.report.failed_stage) == (False, "start")
    assert list(folders.iterdir()) == []


def test_the_command_writes_its_report_also_when_it_fails(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stack, "start", _refuse)
    report, out = folders / "selfcheck.json", io.StringIO()
    with pytest.raises(CommandError, match="free some space"):
        call_command("selfcheck", report=report, stdout=out)
    written = json.loads(report.read_text())
    assert (written["passed"], written["failed_stage"]) == (False, "start")
    assert "stage" in out.getvalue()


def test_an_interruption_is_no_success(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(stack: Stack) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Stack, "start", interrupt)
    report = folders / "selfcheck.json"
    with pytest.raises(CommandError, match="interrupted") as caught:
        call_command("selfcheck", report=report, stdout=io.StringIO())
    assert caught.value.returncode == 130
    assert json.loads(report.read_text())["passed"] is False


def test_a_report_that_could_not_be_written_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such folder"):
        call_command("selfcheck", report=tmp_path / "nowhere" / "selfcheck.json")


def test_the_rounds_fill_the_hold_out_and_rate_300_images_of_the_pool() -> None:
    """96 hold-out images · 8 = 768 of 768 + 300 trials in the first round; then 600, of the pool
    alone. 12 raters share them: ceil(1068 / 12) = 89 and 50."""
    first, second = Plan().rounds()
    assert first == {"session_trials": 89, "holdout_share": round(768 / 1068, 3)}
    assert second == {"session_trials": 50, "holdout_share": 0.0}


def test_the_table_tells_stages_counts_and_correlations() -> None:
    names = ("quality", "authenticity", "correspondence")
    report = Report(
        ratings_sent=1668,
        seconds={"start": 20.0, "rate": 15.5},
        holdout_srcc_before=dict.fromkeys(names, 0.5),
        holdout_srcc_after=dict(zip(names, (0.75, 0.5, 0.85), strict=True)),
    )
    lines: list[Any] = [line.split() for line in table(report)]
    assert ["all", "35.5"] in lines
    assert ["ratings", "sent", "1668"] in lines
    assert ["authenticity", "0.500", "0.500"] in lines
    assert report.mean_srcc_after == pytest.approx(0.7)


def test_memory_counts_this_process() -> None:
    memory = PeakMemory()
    assert memory.sample() > 10
    assert memory.mib > 10
