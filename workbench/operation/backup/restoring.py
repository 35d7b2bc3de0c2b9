"""Restoring a backup into a site that holds nothing."""

import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from annotation.studies.audit import record

from . import tables
from .errors import BackupError
from .making import copy_hashed, no_room_told, rows_name
from .manifest import (
    FILES,
    FileFacts,
    Manifest,
    applied_migrations,
    backups_in,
    files_of,
    knows_key,
    manifest_of,
    pool_name,
)
from .places import Place
from .stored import STORAGES, stored_files

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What to restore."""

    place: Place
    manifest: Manifest


def find_backup(place: Place, name: str = "") -> Wanted:
    """The named backup, or the latest. Raises BackupError if there is none, or it is damaged."""
    names = backups_in(place)
    if not names:
        raise BackupError("no complete backup is there; name what was given to `backup`")
    if name and name not in names:
        raise BackupError(f"there is no backup {name}; there are: {', '.join(names)}")
    return Wanted(place, manifest_of(place, name or names[-1]))


def check_backup(wanted: Wanted) -> None:
    """Reads every part, and compares it with its checksum. Raises BackupError for the first one
    that is missing or damaged."""
    with tempfile.TemporaryDirectory(prefix="mint-restore-") as folder:
        _fetch_parts(wanted, Path(folder))
        seen: set[str] = set()
        for file in files_of(wanted.place, wanted.manifest):
            if file.sha256 not in seen:
                _fetch(wanted.place, pool_name(file.sha256), file.sha256, Path(folder) / "file")
                seen.add(file.sha256)


def restore(wanted: Wanted, *, other_key: bool = False, say: Say = lambda line: None) -> None:
    """Brings files and rows into this site, and the rows to this code's migrations.

    Raises BackupError, before anything is changed, if the site holds something, was given another
    SECRET_KEY (unless `other_key`), or its code is older than the backup. If it breaks off, it can
    be run again: the rows come last, all or none.
    """
    _require_fitting(wanted.manifest, other_key)
    _require_empty(wanted)
    with tempfile.TemporaryDirectory(prefix="mint-restore-") as folder, no_room_told("the site"):
        _fetch_parts(wanted, Path(folder))
        say("the backup’s tables are complete and unchanged")
        _restore_files(wanted, Path(folder), say)
        _make_tables(wanted.manifest)
        _restore_rows(wanted.manifest, Path(folder), say)
    call_command("migrate", interactive=False, verbosity=0)
    tables.analyse()
    record(study=None, actor=None, action="site.restored", name=wanted.manifest.name)


def _require_fitting(manifest: Manifest, other_key: bool) -> None:
    if not other_key and not knows_key(manifest.key):
        raise BackupError(
            f"the backup’s SECRET_KEY (fingerprint {manifest.key}) is not this site’s: links that "
            "raters have would open nothing, and secrets of webhooks could not be read. Give this "
            "site that key, as SECRET_KEY or in SECRET_KEY_FALLBACKS; if it is lost, "
            "--other-key restores without it, and raters need new links"
        )
    known = MigrationExecutor(connection).loader.disk_migrations
    newer = [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]
    if newer:
        raise BackupError(
            f"the backup is of newer code (version {manifest.version}): this one does not know "
            f"{', '.join(newer)}; restore with that version or a later one"
        )


def _require_empty(wanted: Wanted) -> None:
    """Neither studies nor people who can sign in; no files but those of the backup."""
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
    studies = tables.one("SELECT count(*) FROM annotation_study") if _study_table(there) else 0
    people = (
        tables.one("SELECT count(*) FROM accounts_user WHERE password NOT LIKE '!%%'")
        if "accounts_user" in there
        else 0
    )
    if studies or people:
        raise BackupError(
            f"this site is not empty: it has {studies} studies and {people} accounts. Restore into "
            "a new database (DATABASE_URL) and new folders (MINT_DATA_DIR) or a new bucket"
        )
    ours = {(one.storage, one.name) for one in files_of(wanted.place, wanted.manifest)}
    strange = [
        f"{file.storage}/{file.name}"
        for storage in STORAGES
        for file in stored_files(storage)
        if (storage, file.name) not in ours
    ]
    if strange:
        raise BackupError(
            f"this site’s storage is not empty: it has {len(strange)} files that the backup does "
            f"not know, the first is {strange[0]}. Restore into new folders (MINT_DATA_DIR) or a "
            "new bucket"
        )


def _study_table(there: set[str]) -> bool:
    return "annotation_study" in there


def _fetch_parts(wanted: Wanted, folder: Path) -> None:
    """The tables and the list of files, checked, on this machine's disk."""
    manifest = wanted.manifest
    parts = {rows_name(table.name): table.sha256 for table in manifest.tables}
    for name, sha256 in {**parts, FILES: manifest.files_sha256}.items():
        _fetch(wanted.place, f"{manifest.folder}/{name}", sha256, folder / name)


def _fetch(place: Place, name: str, sha256: str, target: Path) -> None:
    with place.open(name) as source, target.open("wb") as file:
        found = copy_hashed(source, file)
    if found != sha256:
        raise BackupError(
            f"{name} is damaged: its SHA-256 is {found}, and the backup says {sha256}; restore "
            "another backup, or bring this file back from a copy"
        )


def _restore_files(wanted: Wanted, folder: Path, say: Say) -> None:
    there = {
        (storage, file.name): file.bytes for storage in STORAGES for file in stored_files(storage)
    }
    counts: dict[str, int] = defaultdict(int)
    for file in files_of(wanted.place, wanted.manifest):
        if there.get((file.storage, file.name)) == file.bytes and _is_stored(file):
            counts["there"] += 1
            continue
        _fetch(wanted.place, pool_name(file.sha256), file.sha256, folder / "file")
        _store(file, folder / "file")
        counts["restored"] += 1
    say(f"{counts['restored']} files restored, {counts['there']} were there")


def _is_stored(file: FileFacts) -> bool:
    """Whether a file that a broken-off restore left is whole."""
    with storages[file.storage].open(file.name) as source, Path("/dev/null").open("wb") as nowhere:
        return copy_hashed(source, nowhere) == file.sha256


def _store(file: FileFacts, content: Path) -> None:
    storage = storages[file.storage]
    try:
        storage.delete(file.name)
        with content.open("rb") as source:
            storage.save(file.name, File(source))
    except (BotoCoreError, ClientError) as error:
        raise BackupError(f"cannot store {file.name}: {error}") from error


def _make_tables(manifest: Manifest) -> None:
    """Empty tables as they were where the rows come from, by the same migrations."""
    if applied_migrations() == manifest.migrations:
        return
    tables.drop_everything()
    executor = MigrationExecutor(connection)
    nodes = executor.loader.graph.node_map
    run = {(app, name) for app, name in manifest.migrations}
    # The last of each app: to name an earlier one would mean to go back to it.
    executor.migrate(
        [
            key
            for key in sorted(run)
            if not any(_follows(child.key, key, run) for child in nodes[key].children)
        ]
    )


def _follows(later: tuple[str, str], earlier: tuple[str, str], run: set[tuple[str, str]]) -> bool:
    return later in run and later[0] == earlier[0]


def _restore_rows(manifest: Manifest, folder: Path, say: Say) -> None:
    columns = tables.tables()
    for table in manifest.tables:
        if sorted(columns.get(table.name, [])) != sorted(table.columns):
            raise BackupError(
                f"{table.name} has other columns here than in the backup, although the migrations "
                "are the same: the code that made it was changed. Restore with that code"
            )
    with tables.emptied(list(columns)):
        for table in manifest.tables:
            with (folder / rows_name(table.name)).open("rb") as rows:
                found = tables.read_rows(table.name, table.columns, rows)
            if found != table.rows:
                raise BackupError(f"{table.name}: {found} rows of {table.rows} could be read")
        tables.set_sequences(manifest.sequences)
    say(f"{manifest.rows} rows restored")
