"""Folders that are complete or absent."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core.files import sync

from ..errors import StorageError


@contextmanager
def new_folder(folder: Path, *, needed: int) -> Iterator[Path]:
    """A folder to fill, which gets its name if the block succeeds and is removed if not.

    Raises StorageError, before anything is written, if `folder` is not empty or its
    disk has fewer than `needed` bytes free; and if writing fails.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise StorageError(f"{folder} already exists; remove it, or give another folder")
    building = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    try:
        _make(building, needed)
        yield building
        for path in (*building.rglob("*"), building):
            sync(path)
        building.rename(folder)
        sync(folder.parent)
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written ({error.strerror or error}); nothing was kept. "
            "Free some space, fix the problem, or give another folder"
        ) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _make(building: Path, needed: int) -> None:
    building.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(building.parent).free
    if free < needed:
        raise StorageError(
            f"{building.parent} has {free / 1e9:.1f} GB free and {needed / 1e9:.1f} GB are needed; "
            "free some space, give a folder on another disk, or fewer bits per number"
        )
    building.mkdir()
