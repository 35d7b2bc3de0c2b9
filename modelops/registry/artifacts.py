"""Files in the `artifacts` storage: complete or absent, both on a local disk and in S3."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db import OperationalError
from django.utils.translation import gettext as _

from workbench.core.disks import is_disk_full
from workbench.core.files import sha256_of, write_atomically

from ..errors import ArtifactError

log = structlog.get_logger(__name__)

MANIFEST = "manifest.json"


def storage() -> Storage:
    return storages["artifacts"]


def publish_file(name: str, data: bytes) -> None:
    """Writes one file. Raises ArtifactError if the disk is full, and leaves nothing behind."""
    target = storage()
    with refused_when_full():
        if isinstance(target, FileSystemStorage):
            write_atomically(Path(target.path(name)), data)
        else:
            _upload(target, name, ContentFile(data))


def read_file(name: str, sha256: str | None = None) -> bytes:
    """Raises ArtifactError if the file is absent or not what was written."""
    try:
        with storage().open(name) as file:
            data: bytes = file.read()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise artifact_missing(name) from error
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise artifact_changed(name)
    return data


@contextmanager
def publish_folder(name: str) -> Iterator[Path]:
    """A folder to fill; it is published as `name` when the block ends without an error.

    It must hold a MANIFEST, which a storage without renaming receives last: a folder without one
    does not exist. Raises ArtifactError if the disk is full, and leaves nothing behind.
    """
    target = storage()
    local = isinstance(target, FileSystemStorage)
    building = Path(target.path(f".building/{name}") if local else tempfile.mkdtemp()) / "new"
    shutil.rmtree(building, ignore_errors=True)  # of an attempt that was killed
    with refused_when_full():
        try:
            building.mkdir(parents=True)
            yield building
            _publish(target, building, name)
        finally:
            shutil.rmtree(building.parent, ignore_errors=True)


def delete_folder(name: str) -> None:
    """Deletes a folder with all that is in it, if there is one."""
    target = storage()
    if isinstance(target, FileSystemStorage):
        shutil.rmtree(target.path(name), ignore_errors=True)
        return
    folders, files = target.listdir(name)
    for folder in folders:
        delete_folder(f"{name}/{folder}")
    for file in files:
        target.delete(f"{name}/{file}")


def file_names(folder: str) -> list[str]:
    """Names of the files right in a folder; none if there is no such folder."""
    try:
        files = storage().listdir(folder)[1]
    except FileNotFoundError:
        return []
    return [f"{folder}/{file}" for file in files]


def delete_file(name: str) -> None:
    """Deletes a file, if there is one."""
    storage().delete(name)


def local_folder(name: str, manifest_sha256: str) -> Path:
    """A published folder on this machine's disk; fetched once if the storage is elsewhere.

    Raises ArtifactError if it is absent or its manifest is not the one that was published; the
    files are checked against the manifest by whoever loads them.
    """
    source = storage()
    if isinstance(source, FileSystemStorage):
        folder = Path(source.path(name))
    else:
        folder = settings.DATA_DIR / "cache" / "models" / manifest_sha256
        if not folder.exists():
            _fetch(source, name, folder)
    if not (folder / MANIFEST).exists():
        raise artifact_missing(name)
    if sha256_of(folder / MANIFEST) != manifest_sha256:
        raise artifact_changed(f"{name}/{MANIFEST}")
    return folder


@contextmanager
def refused_when_full() -> Iterator[None]:
    """Turns a full disk, ours or the database's, into an ArtifactError with the fix."""
    try:
        yield
    except OSError as error:
        if not is_disk_full(error):
            raise
        # Where that is, administrators find in the log.
        log.warning("the disk is full", folder=str(settings.DATA_DIR), error=str(error))
        raise ArtifactError(
            _(
                "There is no space left on the server's disk; nothing was saved. Ask an "
                "administrator of this site to free some space or to move its data to a larger "
                "disk (the setting MINT_DATA_DIR), then try again."
            )
        ) from error
    except OperationalError as error:
        if not is_disk_full(error):
            raise
        raise ArtifactError(
            _(
                "The database's disk is full; nothing was saved. Ask an administrator of this site "
                "to free some space, then try again."
            )
        ) from error


def _publish(target: Storage, built: Path, name: str) -> None:
    if isinstance(target, FileSystemStorage):
        final = Path(target.path(name))
        final.parent.mkdir(parents=True, exist_ok=True)
        # Left by an attempt that died before its version was registered: nothing refers to it.
        shutil.rmtree(final, ignore_errors=True)
        built.rename(final)
        return
    uploaded = []
    try:
        files = (path for path in built.rglob("*") if path.is_file())
        for path in sorted(files, key=lambda path: path == built / MANIFEST):
            uploaded.append(f"{name}/{path.relative_to(built)}")
            with path.open("rb") as file:
                _upload(target, uploaded[-1], File(file))
    except BaseException:
        for part in uploaded:
            target.delete(part)
        raise


def _upload(target: Storage, name: str, content: File) -> None:  # type: ignore[type-arg] # bytes
    target.delete(name)
    target.save(name, content)


def _fetch(source: Storage, name: str, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as temporary:
        fetched = Path(temporary) / "new"
        _fetch_parts(source, name, fetched)
        fetched.rename(folder)


def _fetch_parts(source: Storage, name: str, folder: Path) -> None:
    """The files that the manifest covers; a manifest in a subfolder covers its own folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_bytes(read_file(f"{name}/{MANIFEST}"))
    for part in json.loads((folder / MANIFEST).read_text())["sha256"]:
        target = folder / part
        if target.name == MANIFEST:
            _fetch_parts(source, f"{name}/{Path(part).parent}", target.parent)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open(f"{name}/{part}") as remote, target.open("wb") as file:
            shutil.copyfileobj(remote, file, 1024 * 1024)


def artifact_missing(name: str) -> ArtifactError:
    return ArtifactError(
        _(
            "%(name)s is not in the artifact storage. Restore it from a copy, or train the model "
            "again."
        )
        % {"name": name}
    )


def artifact_changed(name: str) -> ArtifactError:
    return ArtifactError(
        _(
            "%(name)s has changed since it was written (its checksum differs). Restore it from a "
            "copy, or train the model again."
        )
        % {"name": name}
    )
