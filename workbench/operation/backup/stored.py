"""The files of the site, in its storages."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.core.files.storage import FileSystemStorage, Storage, storages
from storages.backends.s3 import S3Storage

#: All that rows point to. Static files come with the code.
STORAGES = ("default", "artifacts")


@dataclass(frozen=True)
class StoredFile:
    """A file of the site."""

    storage: str
    name: str
    bytes: int
    #: Seconds since 1970.
    modified: float


def stored_files(storage: str) -> Iterator[StoredFile]:
    """All of one storage, except what is being written: such names begin with a dot.

    A file may be incomplete, if no row points to it yet.
    """
    backend = storages[storage]
    if isinstance(backend, FileSystemStorage):
        found = _on_disk(Path(backend.location))
    elif isinstance(backend, S3Storage):
        found = _in_bucket(backend)
    else:
        found = _listed(backend, "")
    for name, size, modified in found:
        if not any(part.startswith(".") for part in name.split("/")):
            yield StoredFile(storage, name, size, modified)


def _on_disk(root: Path) -> Iterator[tuple[str, int, float]]:
    for parent, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for file in files:
            path = Path(parent) / file
            try:
                facts = path.stat()
            except FileNotFoundError:
                continue
            yield path.relative_to(root).as_posix(), facts.st_size, facts.st_mtime


def _in_bucket(backend: S3Storage) -> Iterator[tuple[str, int, float]]:
    root = f"{backend.location}/" if backend.location else ""
    inner = _roots_within(backend)
    for item in backend.bucket.objects.filter(Prefix=root):
        if not item.key.endswith("/") and not item.key.startswith(inner):
            yield item.key.removeprefix(root), item.size, item.last_modified.timestamp()


def _roots_within(backend: S3Storage) -> tuple[str, ...]:
    """Where other storages of the site keep their files in the same bucket."""
    others = (storages[name] for name in STORAGES)
    return tuple(
        f"{other.location}/"
        for other in others
        if isinstance(other, S3Storage)
        and other.bucket_name == backend.bucket_name
        and other.location != backend.location
    )


def _listed(backend: Storage, folder: str) -> Iterator[tuple[str, int, float]]:
    try:
        folders, files = backend.listdir(folder)
    except FileNotFoundError:
        return
    for file in files:
        name = f"{folder}/{file}" if folder else file
        yield name, backend.size(name), backend.get_modified_time(name).timestamp()
    for inner in folders:
        yield from _listed(backend, f"{folder}/{inner}" if folder else inner)
