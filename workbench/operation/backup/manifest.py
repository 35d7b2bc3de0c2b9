"""What a backup says of itself."""

import dataclasses
import gzip
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from workbench.core.version import VERSION

from .errors import BackupError
from .places import Place

FORMAT = 1
MANIFEST = "manifest.json"
FILES = "files.jsonl.gz"


@dataclass(frozen=True)
class TableFacts:
    """One table's part."""

    name: str
    columns: list[str]
    rows: int
    sha256: str


@dataclass(frozen=True)
class FileFacts:
    """One file of the site, which the pool holds under its SHA-256."""

    storage: str
    name: str
    bytes: int
    modified: float
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """A backup: when, of what code, and each part."""

    name: str
    made_at: str
    migrations: list[list[str]]
    #: Of the site's SECRET_KEY (`key_fingerprint`).
    key: str
    tables: list[TableFacts]
    sequences: dict[str, int]
    files: int
    files_bytes: int
    #: Of the list of files.
    files_sha256: str
    #: Files that rows name and that the site itself no longer had.
    lost: list[str] = field(default_factory=list)
    version: str = VERSION
    format: int = FORMAT

    @property
    def folder(self) -> str:
        return f"backups/{self.name}"

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    def write(self, file: Path) -> None:
        """The last line is the SHA-256 of those above it."""
        text = json.dumps(dataclasses.asdict(self), indent=1, sort_keys=True) + "\n"
        file.write_text(f"{text}{_digest(text)}\n")

    @classmethod
    def read(cls, file: IO[bytes], where: str) -> Self:
        """Raises BackupError if it is damaged, or written in a form that is not known here."""
        body, _line, digest = file.read().decode(errors="replace").rstrip().rpartition("\n")
        if digest != _digest(f"{body}\n"):
            raise BackupError(f"{where} is damaged: its checksum differs; take another backup")
        facts: dict[str, Any] = json.loads(body)
        if facts["format"] != FORMAT:
            raise BackupError(
                f"{where} has format {facts['format']}, and this code knows {FORMAT}; restore it "
                f"with version {facts.get('version')}"
            )
        tables = [TableFacts(**table) for table in facts.pop("tables")]
        return cls(**facts, tables=tables)


def backups_in(place: Place) -> list[str]:
    """Names of the complete backups there, the earliest first."""
    parts = (name.split("/") for name in place.names("backups"))
    return sorted(part[1] for part in parts if part[2:] == [MANIFEST])


def manifest_of(place: Place, name: str) -> Manifest:
    where = f"backups/{name}/{MANIFEST}"
    with place.open(where) as file:
        return Manifest.read(file, where)


def write_files(facts: Iterable[FileFacts], file: Path) -> None:
    with gzip.open(file, "wt", compresslevel=3, encoding="utf-8") as out:
        for one in facts:
            out.write(json.dumps(dataclasses.asdict(one)) + "\n")


def files_of(place: Place, manifest: Manifest) -> Iterator[FileFacts]:
    with (
        place.open(f"{manifest.folder}/{FILES}") as packed,
        gzip.open(packed, "rt", encoding="utf-8") as lines,
    ):
        for line in lines:
            yield FileFacts(**json.loads(line))


def pool_name(sha256: str) -> str:
    return f"files/{sha256[:2]}/{sha256}"


def key_fingerprint(key: str) -> str:
    """Tells whether two keys are one. It gives away no more than the signature in a rater's link
    does, which is of the same key."""
    return hmac.digest(key.encode(), b"mint-workbench backup", "sha256").hex()[:32]


def knows_key(fingerprint: str) -> bool:
    """Whether what was signed with that key is still accepted here."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return fingerprint in map(key_fingerprint, keys)


def applied_migrations() -> list[list[str]]:
    """Each as app and name, in order."""
    recorder = MigrationRecorder(connection)
    return sorted([app, name] for app, name in recorder.applied_migrations())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
