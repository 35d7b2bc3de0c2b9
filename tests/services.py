"""A pytest plugin: a private PostgreSQL, Redis and data folder for each process that runs tests.

Loaded by `-p tests.services`, before Django reads its settings from the environment. Servers that
DATABASE_URL and REDIS_URL already name are used as they are: their test databases are new ones, and
each process has a Redis database of its own.
"""

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from workbench.local.testing import Services, start_services

_started: list[Services] = []
_folders: list[Path] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    folder = Path(tempfile.mkdtemp(prefix="mint-tests-"))
    _folders.append(folder)
    os.environ["MINT_DATA_DIR"] = str(folder / "data")
    (folder / "data" / "static").mkdir(parents=True)  # or every request warns that it is missing
    os.environ.setdefault("SECRET_KEY", "only-for-tests")
    os.environ["DEBUG"] = "1"  # plain static files; the test runner itself turns DEBUG off
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
        if worker:
            server = urlsplit(os.environ["REDIS_URL"])
            os.environ["REDIS_URL"] = server._replace(path=worker.replace("gw", "/")).geturl()
        return
    if not worker and getattr(early_config.known_args_namespace, "numprocesses", None):
        return  # this process only hands the tests out
    services = start_services(folder / "services")
    _started.append(services)
    os.environ["DATABASE_URL"] = services.database_url
    os.environ["REDIS_URL"] = services.redis_url


def pytest_unconfigure() -> None:
    while _started:
        _started.pop().stop()
    while _folders:
        shutil.rmtree(_folders.pop(), ignore_errors=True)
