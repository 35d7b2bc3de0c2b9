"""Uploads where every worker finds them: staged, read, and deleted again."""

import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages
from django.utils.text import get_valid_filename

from workbench.core.uploads import UploadNotKeptError

from ...models import ImportJob


def stage_all(*files: "File[bytes] | None") -> list[str]:
    """Where each file is kept, in one folder of their own; "" for none.

    Raises UploadNotKeptError, and keeps nothing then.
    """
    folder = f"imports/{uuid.uuid4().hex}"
    try:
        return [stage(folder, file) for file in files]
    except OSError as error:
        with suppress(OSError):  # a bucket that is away cannot be tidied up either
            discard(folder)
        raise UploadNotKeptError.because(error) from error


def stage(folder: str, file: "File[bytes] | None") -> str:
    if file is None:
        return ""
    name = get_valid_filename(Path(file.name or "file").name)[-100:]
    return storages["artifacts"].save(f"{folder}/{name}", file)


def unstage(names: Sequence[str]) -> None:
    """Delete staged files and, if the storage has folders, the one that they were in."""
    if not names[0]:
        return
    for name in filter(None, names):
        storages["artifacts"].delete(name)
    folder = names[0].rpartition("/")[0]
    if folder:
        storages["artifacts"].delete(folder)


def forget_files(job: ImportJob) -> None:
    """Delete the files of a job that is over; does nothing if they are gone, or another job's."""
    if job.address and ImportJob.objects.filter(pk=job.pk).update(address=""):
        job.address = ""
    names = [job.manifest, job.images]
    if job.manifest and ImportJob.objects.filter(pk=job.pk, manifest=job.manifest).update(
        manifest="", images=""
    ):
        unstage(names)
        job.manifest = job.images = ""


def discard(folder: str) -> None:
    """Delete a folder of uploads with all that is in it, half-written files too."""
    storage = storages["artifacts"]
    if storage.exists(folder):
        _folders, names = storage.listdir(folder)
        for name in names:
            storage.delete(f"{folder}/{name}")
        storage.delete(folder)


@contextmanager
def local_copy(name: str) -> Iterator[Path | None]:
    """The staged file as a local path: itself if the storage is local, else a temporary copy."""
    storage = storages["artifacts"]
    if not name:
        yield None
    elif isinstance(storage, FileSystemStorage):
        yield Path(storage.path(name))
    else:
        with tempfile.TemporaryDirectory(prefix="mint-import-") as folder:
            path = Path(folder) / Path(name).name
            with storage.open(name) as source, path.open("wb") as target:
                for chunk in source.chunks():
                    target.write(chunk)
            yield path
