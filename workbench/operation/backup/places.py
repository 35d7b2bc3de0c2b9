"""Where backups lie: a folder, or a prefix in an S3 bucket."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Protocol, cast

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages
from storages.backends.s3 import S3Storage

from workbench.core.files import sync

from .errors import BackupError
from .stored import STORAGES

_SCHEME = "s3://"


class Place(Protocol):
    """Files by name, complete or absent."""

    def names(self, folder: str) -> Iterator[str]:
        """Of all files below `folder`, relative to the place."""

    def open(self, name: str) -> IO[bytes]:
        """Raises BackupError if it is not there."""

    def put(self, file: Path, name: str) -> None:
        """Keeps `file`, of the scratch folder, as `name`; it is gone from there."""

    def delete(self, name: str) -> None:
        """Does nothing if it is not there."""

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for files that `put` is then given; deleted at the end."""


def place_at(address: str) -> "Place":
    """The place at a folder's path or `s3://BUCKET/PREFIX`.

    Raises BackupError if the site itself keeps its files there.
    """
    return _Bucket(address) if address.startswith(_SCHEME) else _Folder(Path(address))


class _Folder:
    """Private: a backup holds names, and the hashes of passwords."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        for storage in map(storages.__getitem__, STORAGES):
            if isinstance(storage, FileSystemStorage) and self._path.is_relative_to(
                storage.location
            ):
                raise BackupError(
                    f"{path} is where the site keeps its own files; name a folder elsewhere, best "
                    "on another disk"
                )

    def names(self, folder: str) -> Iterator[str]:
        for parent, _folders, files in os.walk(self._path / folder):
            for name in files:
                yield (Path(parent) / name).relative_to(self._path).as_posix()

    def open(self, name: str) -> IO[bytes]:
        try:
            return (self._path / name).open("rb")
        except OSError as error:
            raise BackupError(f"{self._path / name}: {error.strerror}") from error

    def put(self, file: Path, name: str) -> None:
        target = self._path / name
        sync(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)
        sync(target.parent)

    def delete(self, name: str) -> None:
        target = self._path / name
        target.unlink(missing_ok=True)
        for folder in (target.parent, target.parent.parent):
            with suppress(OSError):  # others are still in it
                folder.rmdir()

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self._path, prefix=".partial-"))
        except OSError as error:
            raise BackupError(
                f"cannot write to {self._path}: {error.strerror}; name a folder that this account "
                "may write to"
            ) from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class _Bucket:
    """With the site's own endpoint, region and keys."""

    def __init__(self, address: str) -> None:
        bucket, _slash, prefix = address.removeprefix(_SCHEME).partition("/")
        if not bucket:
            raise BackupError(f"{address} names no bucket; give s3://BUCKET/PREFIX")
        if bucket == settings.S3_BUCKET:
            raise BackupError(
                f"{bucket} is the bucket that holds the site's own files; name another one"
            )
        self._address = address
        options = {**settings.S3_OPTIONS, "bucket_name": bucket, "location": prefix.strip("/")}
        self._storage = S3Storage(**options, default_acl=None)

    def names(self, folder: str) -> Iterator[str]:
        root = self._storage.location
        prefix = f"{root}/{folder}/" if root else f"{folder}/"
        with self._told():
            for found in self._storage.bucket.objects.filter(Prefix=prefix):
                yield found.key.removeprefix(f"{root}/") if root else found.key

    def open(self, name: str) -> IO[bytes]:
        with self._told():
            try:
                return cast(IO[bytes], self._storage.open(name))
            except FileNotFoundError as error:
                raise BackupError(f"{self._address}/{name} is not there") from error

    def put(self, file: Path, name: str) -> None:
        with self._told(), file.open("rb") as content:
            self._storage.delete(name)
            self._storage.save(name, File(content))
        file.unlink()

    def delete(self, name: str) -> None:
        with self._told():
            self._storage.delete(name)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="mint-backup-") as folder:
            yield Path(folder)

    @contextmanager
    def _told(self) -> Iterator[Any]:
        try:
            yield None
        except (BotoCoreError, ClientError) as error:
            raise BackupError(f"{self._address}: {error}") from error
