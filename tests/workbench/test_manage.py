"""`manage.py` without the services that it needs: one line on what is wrong, one on the fix."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = "only-for-these-tests-0123456789-abcdefghijklmnopqrstuvwxyz"
#: A port of the discard service, where nothing listens.
NOBODY = "postgres://mint@127.0.0.1:9/mint"


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({}, "SECRET_KEY"),
        ({"SECRET_KEY": KEY, "DATABASE_URL": NOBODY}, 'server at "127.0.0.1", port 9 failed'),
    ],
)
def test_a_missing_service_is_named_with_the_fix(environment: dict[str, str], problem: str) -> None:
    done = manage("retrain", "demo", **environment)
    assert done.returncode == 1
    first, second = done.stderr.strip().splitlines()
    assert problem in first
    assert "make demo" in second
    assert ". var/env" in second


def test_a_key_that_can_be_guessed_is_refused_in_one_line() -> None:
    done = manage("check", SECRET_KEY="letmein")
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "SECRET_KEY can be guessed" in line


def test_the_traceback_is_shown_on_demand() -> None:
    done = manage("retrain", "demo", "--traceback", SECRET_KEY=KEY, DATABASE_URL=NOBODY)
    assert done.returncode == 1
    assert "Traceback (most recent call last)" in done.stderr
