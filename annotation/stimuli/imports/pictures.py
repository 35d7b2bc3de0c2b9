"""Small pictures of the images that an import asks about, from the files that it keeps."""

from pathlib import Path

from django.core.files.storage import FileSystemStorage, storages

from workbench.core.errors import MintError

from ...models import ImportJob
from ..importing.images import thumbnail_of
from ..importing.sources import open_source
from .staging import local_copy


def has_pictures(job: ImportJob) -> bool:
    """Whether there are files to look into. From a bucket each picture would fetch all of them."""
    local = isinstance(storages["artifacts"], FileSystemStorage)
    return local and job.is_images_alone and bool(job.manifest)


def gap_picture(job: ImportJob, row: int) -> bytes | None:
    """A JPEG of the image in this row of `job.gaps`; None if it is not asked about, cannot be read,
    or its files are gone."""
    name = next((item["filename"] for item in job.gaps if item["row"] == row), None)
    if name is None or not has_pictures(job):
        return None
    try:
        with local_copy(job.manifest) as path:
            return _picture_in(path, name) if path else None
    except (MintError, OSError):
        return None


def _picture_in(path: Path, name: str) -> bytes:
    source = open_source(path)
    try:
        return thumbnail_of(name, source.read(name))
    finally:
        source.close()
