"""Which backups stay: the latest few, once the newest has been read and found whole."""

from dataclasses import dataclass

from .manifest import MANIFEST, backups_in, files_of, manifest_of, pool_name
from .places import Place
from .restoring import check_backup, find_backup


@dataclass(frozen=True)
class Kept:
    """Names of the backups that were deleted, and how many files went that no other one has."""

    deleted: list[str]
    files: int


def keep_latest(place: Place, number: int) -> Kept:
    """Deletes all but the latest `number` backups. No other backup into the place may be under way:
    files that it has just copied belong to none yet.

    Raises BackupError, and deletes nothing, if the newest is not whole.
    """
    old = backups_in(place)[:-number]
    if not old:
        return Kept([], 0)
    check_backup(find_backup(place))
    for name in old:
        _delete(place, name)
    return Kept(old, _delete_unnamed(place))


def _delete(place: Place, name: str) -> None:
    """The manifest first: without it a folder is no backup."""
    folder = f"backups/{name}"
    place.delete(f"{folder}/{MANIFEST}")
    for part in list(place.names(folder)):
        place.delete(part)


def _delete_unnamed(place: Place) -> int:
    named = {
        pool_name(file.sha256)
        for name in backups_in(place)
        for file in files_of(place, manifest_of(place, name))
    }
    unnamed = [name for name in place.names("files") if name not in named]
    for name in unnamed:
        place.delete(name)
    return len(unnamed)
