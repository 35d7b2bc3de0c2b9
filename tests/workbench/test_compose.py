"""What docker-compose.yml promises to a site that faces the internet, read as YAML, and by a client
where there is one."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
#: The proxy binds ports 80 and 443, and then becomes an account that cannot.
RIGHTS = {"proxy": {"CHOWN", "NET_BIND_SERVICE", "SETGID", "SETUID"}}
#: Folders in memory: small by nature. Uploads and archives go to a volume.
IN_MEMORY = {"/tmp", "/run", "/run/postgresql", "/etc/nginx/conf.d"}


def has_compose() -> bool:
    asked = ["docker", "compose", "version"]
    return (
        shutil.which("docker") is not None
        and not subprocess.run(asked, capture_output=True, check=False).returncode
    )


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that scripts/make_secrets.sh writes, in a copy of the checkout's files."""
    copy = tmp_path_factory.mktemp("compose")
    (copy / "scripts").mkdir()
    for name in ("scripts/make_secrets.sh", "docker-compose.yml", ".env.example"):
        shutil.copy(ROOT / name, copy / name)
    subprocess.run([copy / "scripts" / "make_secrets.sh"], check=True, capture_output=True)
    return copy / "secrets"


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(service.get("cap_add", [])) == RIGHTS.get(name, set())
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] > 0
    assert set(service["tmpfs"]) <= IN_MEMORY
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_has_a_limit_of_memory_that_can_be_set(name: str) -> None:
    assert re.fullmatch(r"\$\{[A-Z_]+_MEMORY:-\d+[mg]\}", SERVICES[name]["mem_limit"])


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_each_service_that_stays_says_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["worker", "gpu-worker", "beat"])
def test_workers_and_beat_are_asked_by_the_file_that_they_touch(name: str) -> None:
    service = SERVICES[name]
    assert service["environment"]["ALIVE_FILE"] in service["healthcheck"]["test"][-1]


def test_what_is_too_large_for_memory_is_written_to_volumes() -> None:
    assert SERVICES["web"]["environment"]["TMPDIR"] == "/scratch"
    assert "scratch:/scratch" in SERVICES["web"]["volumes"]
    assert "proxy:/var/cache/nginx" in SERVICES["proxy"]["volumes"]


def test_no_password_stands_in_an_environment_or_on_a_command_line() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    asked = set(re.findall(r"\$\{(\w+)", text))
    assert not {name for name in asked if re.search("KEY|PASSWORD|SECRET", name)} - {
        "AWS_ACCESS_KEY_ID"  # a name, not a secret
    }
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if name.endswith("_FILE") and name != "ALIVE_FILE":
                assert str(value).removeprefix("/run/secrets/") in service["secrets"]


def test_the_secrets_are_those_that_the_script_writes(secrets: Path) -> None:
    written = {path.name for path in secrets.iterdir()}
    assert written == set(COMPOSE["secrets"])
    assert {one["file"] for one in COMPOSE["secrets"].values()} == {
        f"./secrets/{name}" for name in written
    }
    used = {name for service in SERVICES.values() for name in service.get("secrets", [])}
    assert used == written


def test_the_scripts_secrets_are_strong_fit_together_and_are_kept(secrets: Path) -> None:
    first = {path.name: path.read_text() for path in secrets.iterdir()}
    assert len(first["secret_key"]) >= 80
    assert first["postgres_password"] in first["database_url"]
    assert first["redis_password"] in first["redis_url"]
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    script = secrets.parent / "scripts" / "make_secrets.sh"
    subprocess.run([script], check=True, capture_output=True)
    assert {path.name: path.read_text() for path in secrets.iterdir()} == first


def test_secrets_go_neither_into_the_repository_nor_into_the_image() -> None:
    ignored = subprocess.run(
        ["git", "check-ignore", "secrets/secret_key", "tls/privkey.pem", ".env"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert len(ignored.stdout.split()) == 3
    assert (ROOT / ".dockerignore").read_text().startswith("*\n")


def test_images_are_pinned_by_version_and_digest() -> None:
    images = [one["image"] for one in SERVICES.values() if "build" not in one]
    base = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(images) == 3
    for image in (*images, *base):
        assert re.fullmatch(r"[a-z]+:\d+(\.\d+)+(-slim)?@sha256:[0-9a-f]{64}", image), image


def test_the_images_packages_are_the_pinned_ones_and_have_hashes() -> None:
    """`hashed.txt` may have more: what other builds of torch bring with them."""
    pinned = (ROOT / "requirements" / "base.txt").read_text()
    # Those that only another Python than the image's needs are not in it.
    wanted = set(re.findall(r"^([a-z0-9-]+==[^ \n]+)$", pinned, re.MULTILINE))
    hashed: dict[str, int] = {}
    for line in (ROOT / "requirements" / "hashed.txt").read_text().splitlines():
        if found := re.match(r"[a-z0-9-]+==[^ ]+", line):
            hashed[found[0]] = 0
        elif re.fullmatch(r" {4}--hash=sha256:[0-9a-f]{64}( \\)?", line):
            hashed[list(hashed)[-1]] += 1
    assert wanted - set(hashed) == set(), "docs/decisions/058 says how to write it again"
    assert min(hashed.values()) >= 1
    assert "requirements/$REQUIREMENTS" in (ROOT / "Dockerfile").read_text()


def test_the_weak_key_of_an_example_starts_nothing(secrets: Path) -> None:
    """Compose starts `migrate` first, and everything else only after it."""
    command = SERVICES["migrate"]["command"]
    given = {"PATH": os.environ["PATH"], "SECRET_KEY": "changeme", "HTTPS": "1"}
    ran = subprocess.run(
        [sys.executable, *command[1:]],
        cwd=ROOT, env=given, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode
    assert "SECRET_KEY can be guessed" in ran.stderr
    for name in ("web", "worker", "gpu-worker", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }


def test_redis_asks_for_its_password(secrets: Path) -> None:
    redis = SERVICES["redis"]
    assert "requirepass $$(cat /run/secrets/redis_password)" in redis["command"][-1]
    assert "/run/secrets/redis_password" in redis["healthcheck"]["test"][-1]


@pytest.mark.skipif(not has_compose(), reason="no `docker compose` here")
def test_a_client_reads_the_file_as_it_is_meant(secrets: Path) -> None:
    shutil.copy(secrets.parent / ".env.example", secrets.parent / ".env")
    read = subprocess.run(
        ["docker", "compose", "config", "--quiet"],
        cwd=secrets.parent, env={**os.environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (read.returncode, read.stderr) == (0, "")


@pytest.mark.parametrize("script", ["make_secrets.sh", "smoke_compose.sh"])
def test_the_scripts_can_be_read_and_run(script: str) -> None:
    path = ROOT / "scripts" / script
    assert os.access(path, os.X_OK)
    subprocess.run(["bash", "-n", path], check=True)
