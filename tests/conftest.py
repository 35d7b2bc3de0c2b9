"""The standard people of every test: owner, rater, outsider, administrator; and a browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import HealthCheck, settings
from psycopg.errors import DeadlockDetected

from annotation.models import Rater, Study
from tests import factories
from workbench.accounts.models import User

#: Playwright's synchronous API runs an event loop in the thread where fixtures use the ORM.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

#: How long an example takes says how busy the machine is, not whether it is right.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

#: Where a task's name and arguments are sent to the queue.
SEND_TASK = "workbench.core.jobs.queue.current_app.send_task"
Sent = list[tuple[str, tuple[int | str, ...]]]

_INSTALL_BROWSER = (
    "no browser: install one with `apt-get install chromium` (as root, Debian) or "
    "`.venv/bin/python -m playwright install --with-deps chromium`"
)


@pytest.fixture(scope="session", autouse=True)
def emptying_goes_on_after_a_deadlock() -> Iterator[None]:
    """A test of a live server empties its tables while a last request may be under way, such as the
    one that a page sends when it is closed. PostgreSQL ends one of the two, and emptying is done
    again."""
    whole = DatabaseOperations.execute_sql_flush

    def patient(self: DatabaseOperations, sql_list: Any) -> None:
        for _try in range(5):
            try:
                whole(self, sql_list)
            except OperationalError as error:
                if not isinstance(error.__cause__, DeadlockDetected):
                    raise
            else:
                return
        whole(self, sql_list)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", patient)
        yield


@pytest.fixture
def owner(db: None) -> User:
    return factories.make_user("owner")


@pytest.fixture
def outsider(db: None) -> User:
    return factories.make_user("outsider")


@pytest.fixture
def administrator(db: None) -> User:
    return factories.make_user("administrator", is_staff=True)


@pytest.fixture
def study(owner: User) -> Study:
    return factories.make_study(owner)


@pytest.fixture
def rater(study: Study) -> Rater:
    return factories.make_rater(study)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What would have been sent to the queue."""
    messages: Sent = []

    def send_task(task: str, args: tuple[int | str, ...]) -> None:
        messages.append((task, args))

    monkeypatch.setattr(SEND_TASK, send_task)
    return messages


def _chromium() -> str | None:
    """Debian's Chromium; None leaves the choice to Playwright, whose own may be installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def _playwright_has_its_own() -> bool:
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache/ms-playwright"))
    return any(cache.glob("chromium*"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    # Chromium's sandbox refuses to run as root; tests load only pages of our own.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {
        **browser_type_launch_args,
        "executable_path": _chromium(),
        "args": [*quiet, *sandbox, "--disable-gpu", "--no-first-run"],
    }


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes are named by their argument: a ZIP holds the time, and two workers must agree."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip browser tests without a browser; under CI=true that is a failure instead."""
    if _chromium() or _playwright_has_its_own() or os.environ.get("CI") == "true":
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=_INSTALL_BROWSER))


@pytest.fixture(scope="session", autouse=True)
def _passwords_are_hashed_in_no_time() -> Iterator[None]:
    """Once instead of a million times, which took a third of the tests' time; servers that run as
    processes of their own can still read such a hash."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", 1)
        yield


@pytest.fixture(scope="session", autouse=True)
def _live_servers_find_static_files() -> Iterator[None]:
    """pytest-django looks for "django.contrib.staticfiles" by that name; ours has a config."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test import testcases

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(testcases, "_StaticFilesHandler", StaticFilesHandler)
        yield


@pytest.fixture(autouse=True)
def _plain_translations() -> Iterator[None]:
    """Each test starts in English, whatever the one before it activated."""
    from django.utils import translation

    with translation.override("en"):
        yield
