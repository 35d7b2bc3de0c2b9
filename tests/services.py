"""A pytest plugin: a private PostgreSQL, Redis and data folder for each process that runs tests.

Loaded by `-p tests.services`, before Django reads its settings from the environment. Servers that
DATABASE_URL and REDIS_URL name are left alone: they may be those of a demo that runs, whose queue
the tests would empty.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from workbench.core.environment import without
from workbench.local.testing import Services, start_services

_started: list[Services] = []
_folders: list[Path] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    folder = Path(tempfile.mkdtemp(prefix="mint-tests-"))
    _folders.append(folder)
    (folder / "data" / "static").mkdir(parents=True)  # or every request warns that it is missing
    _set_environment(
        MINT_DATA_DIR=str(folder / "data"),
        SECRET_KEY="only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz",
        DEBUG="1",  # plain static files; the test runner itself turns DEBUG off
    )
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker and getattr(early_config.known_args_namespace, "numprocesses", None):
        return  # this process only hands the tests out
    services = start_services(folder / "services")
    _started.append(services)
    _set_environment(**services.urls.environment())


def _set_environment(**values: str) -> None:
    """Replaces NAME and NAME_FILE alike."""
    for name in os.environ.keys() - without(*values).keys():
        del os.environ[name]
    os.environ.update(values)


def pytest_unconfigure() -> None:
    while _started:
        _started.pop().stop()
    while _folders:
        shutil.rmtree(_folders.pop(), ignore_errors=True)
