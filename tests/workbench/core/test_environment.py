"""Values from the environment, or from files that it names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.core.environment import EnvironmentFileError, value_of, with_values
from workbench.local.services import Services
from workbench.local.stack import ROOT

_SETTINGS = (
    "from django.conf import settings; "
    "print(settings.DATABASES['default']['NAME'], settings.REDIS_URL, settings.SECRET_KEY)"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "value"
    path.write_text("postgres://somewhere/production\n")
    return path


def test_a_file_gives_the_value_without_its_line_end(file: Path) -> None:
    given = {"DATABASE_URL": "postgres://ours/demo", "DATABASE_URL_FILE": str(file)}
    assert value_of("DATABASE_URL", given) == "postgres://somewhere/production"
    assert value_of("REDIS_URL", given) == ""


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFileError, match=r"SECRET_KEY_FILE: cannot read .*absent"):
        value_of("SECRET_KEY", {"SECRET_KEY_FILE": str(tmp_path / "absent")})


def test_a_command_says_which_file_it_cannot_read(tmp_path: Path) -> None:
    environment = with_values({"SECRET_KEY_FILE": str(tmp_path / "absent"), "SECRET_KEY": ""})
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("manage.py: SECRET_KEY_FILE: cannot read")


def test_given_servers_may_be_named_by_files(file: Path, tmp_path: Path) -> None:
    services = Services(tmp_path, given={"DATABASE_URL_FILE": str(file)})
    assert services.database_url == "postgres://somewhere/production"
    assert services.redis_url == ""


def test_private_servers_win_over_files_that_name_others(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Throw-away work must never reach servers that the environment names in any form."""
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
        monkeypatch.setenv(f"{name}_FILE", str(file))
    environment = with_values(
        {"DATABASE_URL": "postgres://h/private", "REDIS_URL": "redis://h/1", "SECRET_KEY": "key"}
    )
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", _SETTINGS],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["private", "redis://h/1", "key"]


def test_tests_run_on_servers_of_their_own(file: Path) -> None:
    """Also if the environment names other servers: a demo's queue is not theirs to empty."""
    named = {"DATABASE_URL": "postgres://127.0.0.1:9/demo", "REDIS_URL_FILE": str(file)}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests/workbench/operation/test_health.py",
        ],
        cwd=ROOT,
        env={**os.environ, **named},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
