"""The self-check: a small run of all of it, and what it says when a stage fails."""

import io
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.core.signing import Signer

from workbench.demo.client import sign_in
from workbench.demo.selfcheck.memory import PeakMemory
from workbench.demo.selfcheck.plans import PLANS, THREE, Plan
from workbench.demo.selfcheck.report import Report, StudyReport, table
from workbench.demo.selfcheck.run import SelfCheck, SelfCheckError
from workbench.demo.selfcheck.stages import CheckFailedError
from workbench.demo.selfcheck.study import StudyCheck
from workbench.local.errors import LocalServerError
from workbench.local.stack import Stack


def small(plan: Plan) -> Plan:
    """Enough for a first model, which needs 20 rated images of the pool."""
    return replace(
        plan,
        images=72,
        raters=4,
        holdout_ratings=2,
        first_images=26,
        prioritised_images=16,
        watched=5,
        required_ratings=50,
        required_srcc=-1,
    )


SMALL = [small(plan) for plan in PLANS]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the self-check makes its own folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@dataclass(frozen=True)
class Leftovers:
    """What a run's site had, from just before it stopped."""

    logs: dict[str, str]
    modes: set[tuple[str, int]]
    #: By kind, what no log may repeat.
    secrets: dict[str, set[str]]


@dataclass(frozen=True)
class WholeRun:
    check: SelfCheck
    failure: SelfCheckError | None
    site: Leftovers
    left_processes: set[int]


@pytest.fixture(scope="module")
def whole_run() -> WholeRun:
    """One run of the loop in every study, for every test that looks at it."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    seen: list[Leftovers] = []
    tokens: set[str] = set()
    stop = Stack.stop

    def look_and_stop(stack: Stack) -> None:
        try:
            seen.append(leftovers(stack, tokens))
        finally:
            stop(stack)

    def sign_in_and_tell(*arguments: str) -> str:
        token = sign_in(*arguments)
        tokens.add(token)
        return token

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stack, "stop", look_and_stop)
        patch.setattr("workbench.demo.selfcheck.run.sign_in", sign_in_and_tell)
        check, failure = SelfCheck(io.StringIO(), SMALL), None
        try:
            check.run()
        except SelfCheckError as error:
            failure = error
    after = {child.pid for child in psutil.Process().children(recursive=True)}
    return WholeRun(check, failure, seen[0], after - before)


def leftovers(stack: Stack, tokens: set[str]) -> Leftovers:
    """Also visits what a self-check does not: a shared link, an image's address, wrong links."""
    secrets = secrets_of(stack) | {"token": tokens}
    provoke(stack.base_url, secrets)
    folder = stack.data / "log"
    modes = {(path.name, path.stat().st_mode & 0o777) for path in (folder, *folder.iterdir())}
    logs = {path.name: path.read_text(errors="replace") for path in folder.iterdir()}
    return Leftovers(logs, modes, secrets)


def secrets_of(stack: Stack) -> dict[str, set[str]]:
    """Signed as the site signs, with its key and the names in its database."""
    key = stack.environment["SECRET_KEY"]
    with psycopg.connect(stack.services.database_url) as database:
        raters = database.execute("SELECT code, link_version FROM annotation_rater").fetchall()
        images = [row[0] for row in database.execute("SELECT image FROM annotation_stimulus")]
        hashes = [row[0] for row in database.execute("SELECT password FROM accounts_user")]
        sessions = [row[0] for row in database.execute("SELECT session_key FROM django_session")]

    def sign(salt: str, value: str) -> str:
        return Signer(key=key, salt=salt, sep=".").sign(value)

    period = int(time.time()) // (12 * 3600)
    signer = Signer(key=key, salt="media")
    return {
        "site": {
            key,
            stack.environment["DJANGO_SUPERUSER_PASSWORD"],
            *(
                urlsplit(url).password or ""
                for url in (stack.services.database_url, stack.services.redis_url)
            ),
        },
        "rater": {sign("annotation.rater", f"{code}.{version}") for code, version in raters},
        "join": {sign("annotation.shared-link", "1.1")},
        "signature": {signer.signature(f"{name}:{period}") for name in images},
        "account": {*hashes, *sessions},
    }


def provoke(base_url: str, secrets: dict[str, set[str]]) -> None:
    rater, join, token = (min(secrets[kind]) for kind in ("rater", "join", "token"))
    with httpx.Client(base_url=base_url, follow_redirects=True) as browser:
        for path in (
            f"/rate/{rater}/",
            f"/rate/{rater}x/",
            f"/rate/{rater}/nothing",
            f"/rate/join/{join}/",
            f"/accounts/token/{token}/revoke/",
            f"/media/nothing.webp?s={min(secrets['signature'])}",
            f"/accounts/login/?next=/rate/{rater}/",
        ):
            browser.get(path)
        headers = {"Authorization": f"Token {token}"}
        assert browser.get("/api/v1/studies/", headers=headers).status_code == 200


@pytest.mark.slow
@pytest.mark.worker
@pytest.mark.timeout(900)
def test_the_whole_loop_runs_in_every_study_and_leaves_nothing_behind(whole_run: WholeRun) -> None:
    report = whole_run.check.report
    assert whole_run.failure is None
    assert report.passed
    assert [len(study.scales) for study in report.studies] == [1, 3, 5]
    for study, plan in zip(report.studies, SMALL, strict=True):
        assert study.passed
        assert study.stimuli == 72
        assert study.ratings_sent == study.ratings_stored > 50
        assert (study.duplicate_ratings, study.over_cap_ratings) == (0, 0)
        assert study.ratings_sent_twice > 0
        assert study.opinion_scores % len(study.scales) == 0 < study.opinion_scores
        assert set(study.holdout_srcc_after) == {item.key for item in plan.perspectives}
    assert report.peak_memory_mib > 100
    assert not whole_run.check._stack.data.exists()
    assert whole_run.left_processes == set()


@pytest.mark.slow
@pytest.mark.worker
@pytest.mark.timeout(900)
def test_the_logs_of_a_whole_loop_hold_no_secret(whole_run: WholeRun) -> None:
    logs, secrets = whole_run.site.logs, whole_run.site.secrets
    assert {"web.log", "worker.log", "beat.log", "postgres.log", "redis.log"} <= set(logs)
    assert {kind: len(values) for kind, values in secrets.items()} | {"account": 2} == {
        "site": 4, "rater": 12, "join": 1, "signature": 3 * 72, "account": 2, "token": 1,
    }  # fmt: skip
    for kind, values in secrets.items():
        for name, text in logs.items():
            found = [secret for secret in values if secret in text]
            assert found == [], f"{len(found)} of {kind} in {name}"
    # By shape: an HMAC of Django's, which only links, image addresses and cookies carry.
    for name, text in logs.items():
        assert re.findall(r"[.:=][\w-]{43}(?![\w-])", text) == [], name
    assert logs["web.log"].count("path=/rate/[hidden]/") >= 3
    assert "path=/rate/join/[hidden]/" in logs["web.log"]
    assert "milliseconds=" in logs["web.log"]


@pytest.mark.slow
@pytest.mark.worker
@pytest.mark.timeout(900)
def test_the_logs_are_closed_to_other_accounts(whole_run: WholeRun) -> None:
    assert dict(whole_run.site.modes) == {
        "log": 0o750, **dict.fromkeys(whole_run.site.logs, 0o640),
    }  # fmt: skip


def _refuse(stack: Stack) -> None:
    raise LocalServerError("PostgreSQL found no room; free some space and start again")


def test_a_failed_stage_is_named_with_its_fix(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stack, "start", _refuse)
    check = SelfCheck(io.StringIO(), SMALL)
    with pytest.raises(SelfCheckError, match=r'stage "start" failed: .* free some space'):
        check.run()
    assert (check.report.passed, check.report.failed_stage) == (False, "start")
    assert list(folders.iterdir()) == []


def _nothing(*arguments: Any, **options: Any) -> None:
    pass


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("start", "stop", "manage"):
        monkeypatch.setattr(Stack, name, _nothing)
    monkeypatch.setattr("workbench.demo.selfcheck.run.sign_in", lambda *arguments: "token")


def test_a_study_that_fails_keeps_no_other_from_running_but_the_whole_from_passing(
    folders: Path, nothing_starts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stages(check: StudyCheck) -> list[tuple[str, Callable[[], None]]]:
        return [("look", lambda: _fail(check.plan.name))]

    def _fail(name: str) -> None:
        if name == THREE.name:
            raise CheckFailedError("two ratings are stored twice")

    monkeypatch.setattr(StudyCheck, "_stages", stages)
    check = SelfCheck(io.StringIO(), SMALL)
    with pytest.raises(SelfCheckError, match=r'three perspectives: stage "look" failed: two rat'):
        check.run()
    assert [study.passed for study in check.report.studies] == [True, False, True]
    assert check.report.studies[1].failed_stage == "look"
    assert check.report.passed is False


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
    first, second = THREE.rounds()
    assert first == {"session_trials": 89, "holdout_share": round(768 / 1068, 3)}
    assert second == {"session_trials": 50, "holdout_share": 0.0}


def test_the_studies_ask_on_different_scales() -> None:
    assert [list(plan.scales.values()) for plan in PLANS] == [
        ["slider100"],
        ["acr5", "acr5", "acr5"],
        ["acr5", "slider100", "acr11", "slider100", "acr5"],
    ]
    assert list(PLANS[2].scales)[:3] == list(THREE.scales)


def test_the_table_shows_stages_counts_and_correlations_of_each_study() -> None:
    names = ("quality", "authenticity", "correspondence")
    three = StudyReport(
        name="three perspectives",
        scales=dict.fromkeys(names, "acr5"),
        ratings_sent=1668,
        seconds={"rate": 15.5},
        holdout_srcc_before=dict.fromkeys(names, 0.5),
        holdout_srcc_after=dict(zip(names, (0.75, 0.5, 0.85), strict=True)),
    )
    one = StudyReport(name="one perspective", scales={"quality": "slider100"}, ratings_sent=624)
    report = Report(seconds={"start": 20.0}, studies=[one, three])
    written = table(report)
    lines: list[Any] = [line.split() for line in written]
    assert ["all", "stages,", "seconds", "35.5"] in lines
    assert written.index("  quality: slider100") == written.index("one perspective") + 1
    assert written.index("  correspondence: acr5") == written.index("three perspectives") + 3
    assert ["ratings", "sent", "624"] in lines
    assert ["ratings", "sent", "1668"] in lines
    assert ["authenticity", "0.500", "0.500"] in lines
    assert three.mean_srcc_after == pytest.approx(0.7)


def test_memory_counts_this_process() -> None:
    memory = PeakMemory()
    assert memory.sample() > 10
    assert memory.mib > 10
