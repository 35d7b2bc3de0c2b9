"""Every process writes through the one handler: web server, Celery's worker and beat, commands."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SIGNATURE = "pB4Zk1Vt0GqVbJw3yqF-8sQm7rXn2Lc_D5hTf6Ae9Ku"

_GUNICORN = f"""
from datetime import timedelta
from types import SimpleNamespace
from gunicorn.config import Config
from workbench.gunicorn_logger import Logger

config = Config()
config.set("accesslog", "-")
logger = Logger(config)
logger.setup(config)  # as a reload does
address = "/rate/r7.1.{SIGNATURE}/"
for status in ("404 Not Found", 404):
    response = SimpleNamespace(status=status, sent=512, headers=[])
    request = {{"REQUEST_METHOD": "GET", "RAW_URI": address + "?s={SIGNATURE}&PROLIFIC_PID=p5"}}
    logger.access(response, None, request, timedelta(milliseconds=12.34))
try:
    raise ValueError("Error handling request " + address)
except ValueError:
    logger.exception("Error handling request %s", address)
"""
_CELERY = """
import logging
from workbench.celery import app
app.log.setup(loglevel="INFO", redirect_stdouts=True)
for name in ("celery.worker.consumer", "celery.app.trace", "celery.beat", "celery.task", "x"):
    logging.getLogger(name).error("Task %s[%s] %s", "t", "1", "postgres://mint:p-w@db/mint")
try:
    raise ValueError
except ValueError:
    logging.getLogger("celery.task").exception("redis://:p-w@db/0")
"""
_DJANGO = f"""
import django, logging, os
django.setup()
for name in ("django.request", "django.server", "django.db.backends", "django"):
    logging.getLogger(name).error("Not Found: %s", "/rate/r7.1.{SIGNATURE}/")
"""

_DATABASE_AWAY = """
import django, logging
django.setup()
from django.db import connection
try:
    connection.ensure_connection()
except Exception:
    logging.getLogger("django.request").exception("Internal Server Error: /studies/")
logging.getLogger("x").warning("%d of them", "local-secret")
"""


def written(script: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == ""
    return done.stderr.splitlines()


def events(script: str) -> list[dict[str, Any]]:
    lines = written(script, LOG_JSON="1", DJANGO_SETTINGS_MODULE="workbench.settings")
    return [json.loads(line) for line in lines]


def test_the_web_server_tells_requests_as_events_without_their_query() -> None:
    first, second, error = events(_GUNICORN)
    assert first.pop("timestamp") <= second.pop("timestamp")
    assert first == second
    assert first == {
        "event": "request",
        "logger": "gunicorn.access",
        "level": "info",
        "method": "GET",
        "path": "/rate/[hidden]/",
        "status": 404,
        "milliseconds": 12.3,
        "bytes": 512,
    }
    assert (error["logger"], error["level"]) == ("gunicorn.error", "error")
    assert 'File "<string>", line ' in error["exception"]
    assert SIGNATURE not in json.dumps(error)


def test_the_web_server_is_silenced_by_the_sites_level() -> None:
    (line, *_traceback) = written(_GUNICORN, LOG_JSON="0", LOG_LEVEL="WARNING")
    assert "gunicorn.error" in line


def test_celerys_loggers_have_no_form_of_their_own() -> None:
    told = events(_CELERY)
    assert [one["event"] for one in told] == [
        *["Task t[1] postgres://mint:[hidden]@db/mint"] * 5,
        "redis://:[hidden]@db/0",
    ]
    assert "ValueError" in told[-1]["exception"]


@pytest.mark.parametrize("debug", ["0", "1"])
def test_djangos_loggers_write_once_and_no_link(debug: str) -> None:
    told = written(_DJANGO, LOG_JSON="0", DEBUG=debug, DJANGO_SETTINGS_MODULE="workbench.settings")
    assert len(told) == 4
    assert SIGNATURE not in "".join(told)


@pytest.mark.parametrize("form", ["0", "1"])
def test_a_database_that_is_away_is_told_without_its_password(form: str) -> None:
    url = "postgres://mint:the-password@127.0.0.1:1/mint"
    for pool in ("0", "2"):
        environment = {"DATABASE_URL": url, "DATABASE_POOL_SIZE": pool, "LOG_JSON": form}
        told = "\n".join(
            written(_DATABASE_AWAY, DJANGO_SETTINGS_MODULE="workbench.settings", **environment)
        )
        assert "Traceback" in told
        assert "the-password" not in told
        assert "x: a line of the log is lost" in told
        assert "local-secret" not in told


@pytest.mark.parametrize(
    "wanted",
    [
        '"--logger-class", "workbench.gunicorn_logger.Logger"',
        '"--config", "python:workbench.gunicorn_hooks"',
    ],
)
def test_both_ways_to_start_the_web_server_use_its_logger_and_its_hooks(wanted: str) -> None:
    for name in ("Dockerfile", "workbench/local/stack.py"):
        assert wanted in (ROOT / name).read_text()
