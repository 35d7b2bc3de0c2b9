"""Making a backup while the site goes on.

Files are copied first; then all rows are read as they are at one moment, beginning with the names
of files, and those that came meanwhile are copied at once. A row's files were complete before the
row was written, and none is ever changed under its name; so the pool lacks a file of that moment
only if it came after the first step and was deleted before its copy. Then another moment is taken,
before anything else is read.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.storage import storages
from django.db.models import FileField
from django.utils import timezone

from annotation.models import DatasetRelease, Stimulus
from annotation.studies.audit import record
from modelops.models import LabelSnapshot, ModelVersion
from workbench.core.files import sha256_of

from . import tables
from .errors import BackupError
from .manifest import (
    FILES,
    MANIFEST,
    FileFacts,
    Manifest,
    TableFacts,
    applied_migrations,
    backups_in,
    files_of,
    key_fingerprint,
    manifest_of,
    pool_name,
    write_files,
)
from .places import Place
from .stored import STORAGES, StoredFile, stored_files

#: How many moments are tried, if files that just came are deleted. One takes milliseconds.
_MOMENTS = 100
_BLOCK = 1024 * 1024

Say = Callable[[str], None]


@dataclass
class _Copying:
    """Brings the site's files into the pool, each once."""

    place: Place
    scratch: Path
    #: SHA-256 of what the pool holds.
    pool: set[str]
    #: Of files that an earlier backup read, or an earlier step of this one.
    known: dict[tuple[str, str], FileFacts]
    copied: int = 0
    copied_bytes: int = 0
    held: dict[tuple[str, str], FileFacts] = field(default_factory=dict)

    def all(self) -> set[tuple[str, str]]:
        """Copies what the storages hold now, and names it; `held` keeps what they held before."""
        listed = set()
        for storage in STORAGES:
            for file in stored_files(storage):
                found = self._facts(file)
                if found is not None:
                    self.held[storage, file.name] = found
                    listed.add((storage, file.name))
        return listed

    def lacks(self, named: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """Copies those that came since they were listed; which of them are not there."""
        for storage, name in named - self.held.keys():
            # Of unknown size and time, so that it is read; `all` tells them later.
            found = self._facts(StoredFile(storage, name, bytes=-1, modified=-1))
            if found is not None:
                self.held[storage, name] = found
        return named - self.held.keys()

    def _facts(self, file: StoredFile) -> FileFacts | None:
        earlier = self.held.get((file.storage, file.name)) or self.known.get(
            (file.storage, file.name)
        )
        if (
            earlier is not None
            and (earlier.bytes, earlier.modified) == (file.bytes, file.modified)
            and earlier.sha256 in self.pool
        ):
            return earlier
        try:
            sha256, size = self._copy(file)
        except FileNotFoundError:
            return None  # deleted since it was listed
        return FileFacts(file.storage, file.name, size, file.modified, sha256)

    def _copy(self, file: StoredFile) -> tuple[str, int]:
        temporary = self.scratch / "file"
        try:
            with storages[file.storage].open(file.name) as source, temporary.open("wb") as target:
                sha256 = copy_hashed(source, target)
        except (BotoCoreError, ClientError) as error:
            raise BackupError(f"cannot read {file.name} of the site: {error}") from error
        size = temporary.stat().st_size
        if sha256 not in self.pool:
            self.place.put(temporary, pool_name(sha256))
            self.pool.add(sha256)
            self.copied += 1
            self.copied_bytes += size
        return sha256, size


@dataclass(frozen=True)
class Made:
    """A backup and what it took."""

    manifest: Manifest
    copied: int
    copied_bytes: int


def make_backup(place: Place, *, say: Say = lambda line: None) -> Made:
    """Puts the whole site into `place`, next to earlier backups.

    Raises BackupError, and leaves no incomplete backup behind; files that were copied stay in the
    pool for the next attempt.
    """
    with no_room_told("the backup"), place.scratch() as scratch:
        copying = _begin(place, scratch)
        copying.all()
        say(f"{copying.copied} new files ({copying.copied_bytes / 2**20:.1f} MiB) copied")
        manifest = _with_rows(place, copying, say)
        _finish(place, scratch, manifest)
    record(
        study=None,
        actor=None,
        action="site.backed_up",
        name=manifest.name,
        files=manifest.files,
        rows=manifest.rows,
        lost=len(manifest.lost),
    )
    return Made(manifest, copying.copied, copying.copied_bytes)


def copy_hashed(source: IO[bytes], target: IO[bytes]) -> str:
    """Copies to the end; the content's SHA-256."""
    digest = hashlib.sha256()
    while block := source.read(_BLOCK):
        digest.update(block)
        target.write(block)
    return digest.hexdigest()


def _begin(place: Place, scratch: Path) -> _Copying:
    pool = {name.rpartition("/")[2] for name in place.names("files")}
    known: dict[tuple[str, str], FileFacts] = {}
    if earlier := backups_in(place):
        known = {
            (one.storage, one.name): one for one in files_of(place, manifest_of(place, earlier[-1]))
        }
    return _Copying(place, scratch, pool, known)


def _with_rows(place: Place, copying: _Copying, say: Say) -> Manifest:
    lost: set[tuple[str, str]] = set()
    for _moment in range(_MOMENTS):
        with tables.snapshot():
            named = files_named()
            gone = copying.lacks(named)
            if gone <= lost:
                migrations, sequences = applied_migrations(), tables.sequences()
                rows = list(_write_tables(copying.scratch, say))
                break
        # Deleted with their rows, or lost although rows name them: the rows of now tell.
        lost = gone & files_named()
        say(f"{len(gone)} files are not there; their rows are read again")
    else:
        raise BackupError(
            "images come and are deleted faster than they can be copied; make the backup once that "
            "is over"
        )
    listed = copying.all()
    files = [copying.held[key] for key in sorted((named & copying.held.keys()) | listed)]
    write_files(files, copying.scratch / FILES)
    now = timezone.now()
    return Manifest(
        name=now.strftime("%Y%m%dT%H%M%S.%fZ"),
        made_at=now.isoformat(),
        migrations=migrations,
        key=key_fingerprint(settings.SECRET_KEY),
        tables=rows,
        sequences=sequences,
        files=len(files),
        files_bytes=sum(one.bytes for one in files),
        files_sha256=sha256_of(copying.scratch / FILES),
        lost=sorted("/".join(file) for file in gone),
    )


def _write_tables(scratch: Path, say: Say) -> Iterator[TableFacts]:
    for name, columns in tables.tables().items():
        file = scratch / rows_name(name)
        rows = tables.write_rows(name, columns, file)
        if rows:
            say(f"{name}: {rows} rows")
        yield TableFacts(name, columns, rows, sha256_of(file))


def rows_name(table: str) -> str:
    return f"{table}.copy.gz"


def _finish(place: Place, scratch: Path, manifest: Manifest) -> None:
    """The manifest last: a folder without one is no backup."""
    for name in [FILES, *(rows_name(table.name) for table in manifest.tables)]:
        place.put(scratch / name, f"{manifest.folder}/{name}")
    manifest.write(scratch / MANIFEST)
    place.put(scratch / MANIFEST, f"{manifest.folder}/{MANIFEST}")


def files_named() -> set[tuple[str, str]]:
    """Storage and name of each file that a row cannot do without."""
    fields = [field.name for field in Stimulus._meta.get_fields() if isinstance(field, FileField)]
    images = Stimulus.objects.values_list(*fields)
    artifacts = [
        *LabelSnapshot.objects.values_list("artifact", flat=True),
        *DatasetRelease.objects.exclude(archive="").values_list("archive", flat=True),
        *(
            f"{folder}/{MANIFEST}"
            for folder in ModelVersion.objects.values_list("artifact", flat=True)
        ),
    ]
    return {("default", name) for row in images.iterator() for name in row if name} | {
        ("artifacts", name) for name in artifacts
    }


@contextmanager
def no_room_told(where: str) -> Iterator[None]:
    """Turns a full disk, or one that cannot be written, into the sentence that says so."""
    try:
        yield
    except OSError as error:
        raise BackupError(
            f"{where} cannot be written ({error.strerror or error}); free some space there, or "
            "name another place. Nothing incomplete was left, and files that were copied are not "
            "copied again"
        ) from error
