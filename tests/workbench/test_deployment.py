"""What the repository says about running it agrees with the code: compose file, variables, pins."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
APP_SERVICES = [name for name, one in COMPOSE["services"].items() if "build" in one]
#: Read by PostgreSQL's image, the model hub's client and the compose file itself, not by settings.
NOT_SETTINGS = {
    "TLS_DIR", "HTTP_PORT", "HTTPS_PORT", "WORKER_QUEUES", "TMPDIR", "WEB_MEMORY", "WORKER_MEMORY",
    "GPU_WORKER_MEMORY", "BEAT_MEMORY", "POSTGRES_MEMORY", "REDIS_MEMORY", "PROXY_MEMORY",
    "HF_HOME", "HF_HUB_OFFLINE",
}  # fmt: skip
#: Files of ./secrets that a site cannot do without.
SECRETS = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"}

TARGETS = [
    "setup", "demo", "test", "check", "selfcheck", "bench", "bench-rating", "bench-claims",
    "bench-console", "bench-browser", "bench-predict", "bench-export", "bench-model",
    "chaos", "pretrain-tiny", "screenshots",
]  # fmt: skip


def names_in_settings() -> set[str]:
    text = (ROOT / "workbench" / "settings.py").read_text()
    return set(re.findall(r'(?:env\.\w+|_switch)\(\s*"(\w+)"', text))


def names_in_example() -> set[str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return {found[1] for line in lines if (found := re.match(r"#?([A-Z][A-Z0-9_]*)=", line))}


def celery_option(service: dict[str, Any], option: str) -> str:
    command = service["command"]
    return str(command[command.index(option) + 1])


def test_every_setting_is_explained_in_the_example_and_no_other() -> None:
    assert names_in_example() - NOT_SETTINGS == names_in_settings()


def test_the_compose_file_has_every_part_of_the_system() -> None:
    assert set(COMPOSE["services"]) == {
        "proxy", "postgres", "redis", "migrate", "web", "worker", "gpu-worker", "beat",
    }  # fmt: skip
    assert COMPOSE["services"]["gpu-worker"]["profiles"] == ["gpu"]


@pytest.mark.parametrize("name", APP_SERVICES)
def test_each_service_is_given_only_settings_that_exist(name: str) -> None:
    given = set(COMPOSE["services"][name]["environment"])
    settings = names_in_settings()
    named = {one if one in settings else one.removesuffix("_FILE") for one in given}
    assert named - NOT_SETTINGS <= settings
    assert given >= {f"{secret}_FILE" for secret in SECRETS}


def test_what_the_example_offers_reaches_the_services() -> None:
    offered, _, without_compose = (
        (ROOT / ".env.example").read_text().partition("# --- without docker compose")
    )
    assert without_compose
    used = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert set(re.findall(r"^#?([A-Z][A-Z0-9_]*)=", offered, re.MULTILINE)) <= used


@pytest.mark.parametrize("slip", ["ture", "2", "-"])
def test_a_switch_that_is_neither_on_nor_off_is_refused(slip: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT, env={**os.environ, "HTTPS": slip}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode
    assert f"HTTPS={slip} is neither on nor off: give 1 or 0." in done.stderr


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    used = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert used <= names_in_example()


@pytest.mark.parametrize("name", APP_SERVICES)
def test_each_service_runs_a_program_that_is_installed(name: str) -> None:
    command = COMPOSE["services"][name].get("command", ["gunicorn"])
    assert command[0] == "python" or importlib.util.find_spec(command[0])
    if command[:2] == ["python", "manage.py"]:
        from django.core.management import get_commands

        assert command[2] in get_commands()


def test_together_the_workers_serve_both_queues() -> None:
    from django.conf import settings

    worker = celery_option(COMPOSE["services"]["worker"], "--queues")
    assert worker == "${WORKER_QUEUES:-default,model}"
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert routed | {settings.CELERY_TASK_DEFAULT_QUEUE} == {"default", "model"}
    assert celery_option(COMPOSE["services"]["gpu-worker"], "--queues") == "model"


def test_named_volumes_are_declared() -> None:
    used = {
        volume.split(":")[0]
        for service in COMPOSE["services"].values()
        for volume in service["volumes"]
    }
    assert {name for name in used if not name.startswith((".", "$"))} == set(COMPOSE["volumes"])


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    published = {name for name, one in COMPOSE["services"].items() if "ports" in one}
    assert published == {"proxy"}
    given = COMPOSE["services"]["web"]["environment"]
    assert (given["HTTPS"], given["BEHIND_PROXY"]) == (1, 1)


def test_the_proxy_is_given_what_its_file_asks_for() -> None:
    proxy = COMPOSE["services"]["proxy"]
    (template,) = [one.split(":")[0] for one in proxy["volumes"] if "template" in one]
    asked = set(re.findall(r"\$\{(\w+)\}", (ROOT / template).read_text()))
    assert asked == set(proxy["environment"])


def test_the_image_copies_what_exists_and_is_let_through() -> None:
    lines = re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    copied = [path for line in lines for path in line.split()]
    let_through = (ROOT / ".dockerignore").read_text()
    for path in copied:
        assert (ROOT / path).exists()
        assert f"!{path}\n" in let_through


def test_the_pins_are_those_of_what_is_asked_for() -> None:
    ran = subprocess.run(
        [sys.executable, ROOT / "scripts" / "pin_requirements.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, ""), "fix: make pins"


@pytest.mark.parametrize("name", ["base", "local", "dev"])
def test_requirements_are_pinned_and_name_no_place_to_get_them_from(name: str) -> None:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()[1:]
    for line in lines:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ; .+)?", line), line


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here: apt-get install make")
@pytest.mark.parametrize("target", TARGETS)
def test_make_offers_and_knows(target: str) -> None:
    environment = {**os.environ, "MAKEFLAGS": ""}
    help_text = subprocess.run(
        ["make", "-C", ROOT], capture_output=True, text=True, check=True, env=environment
    ).stdout
    assert f"make {target} " in help_text
    subprocess.run(
        ["make", "-C", ROOT, "--dry-run", target], capture_output=True, check=True, env=environment
    )
