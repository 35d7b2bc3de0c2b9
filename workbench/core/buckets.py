"""Storage in an S3 bucket, whose faults are told as those of a disk are: by OSError."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3File, S3Storage


class BucketError(OSError):
    """The bucket does not answer, or refuses. `strerror` says what it said, without a key.

    An OSError, so that what is done about a disk that fails is done here, too.
    """


@contextmanager
def _told(bucket: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        raise BucketError(errno.EIO, f"the bucket {bucket} refuses: {code}") from error
    except BotoCoreError as error:
        kind = type(error).__name__
        raise BucketError(errno.EIO, f"the bucket {bucket} does not answer: {kind}") from error


class _BucketFile(S3File):
    def _get_file(self) -> Any:
        with _told(self._storage.bucket_name):
            return super()._get_file()

    file = property(_get_file, S3File._set_file)


class BucketStorage(S3Storage):
    """As django-storages' own; each act raises BucketError if it is not done."""

    def _open(self, name: str, mode: str = "rb") -> S3File:
        with _told(self.bucket_name):
            file = super()._open(name, mode)
        file.__class__ = _BucketFile  # it is read later, and may fail then
        return file

    def _save(self, name: str, content: Any) -> str:
        with _told(self.bucket_name):
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        with _told(self.bucket_name):
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        with _told(self.bucket_name):
            super().delete(name)

    def size(self, name: str) -> int:
        with _told(self.bucket_name):
            return int(super().size(name))

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with _told(self.bucket_name):
            folders, files = super().listdir(name)
        return folders, files
