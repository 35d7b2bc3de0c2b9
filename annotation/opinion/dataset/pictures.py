"""The pictures of an archive, named by the SHA-256 of the files as they were imported."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from ...models import Stimulus, Study, Trial
from ...models.stimulus import COUNTING_STATES
from .archive import Archive
from .errors import DatasetError
from .folder import picture_name

_CHUNK = 1 << 20

#: Told how many pictures are done, of how many.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Stored:
    """A picture: its name in the archive, without a folder, and that in the storage."""

    name: str
    file: str


def stored_pictures(study: Study) -> dict[int, Stored]:
    """By image's key: of main images whose scores count, and of practice and gold images that
    somebody has answered."""
    answered = Exists(Trial.objects.filter(stimulus=OuterRef("pk"), state=Trial.State.SUBMITTED))
    rows = Stimulus.objects.filter(
        Q(purpose=Stimulus.Purpose.MAIN) | Q(answered), study=study, state__in=COUNTING_STATES
    ).exclude(sha256="")
    return {
        key: Stored(picture_name(digest, name), name)
        for key, digest, name in rows.values_list("pk", "sha256", "image")
    }


def write_pictures(
    archive: Archive, paths: Mapping[int, str], stored: Mapping[int, Stored], progress: Progress
) -> None:
    """paths: image's key → path in the archive; of two of the same content in a folder, one is
    written. Raises DatasetError if a file is gone or is not what was imported."""
    files = {path: stored[key] for key, path in paths.items()}
    for number, path in enumerate(sorted(files), start=1):
        picture = files[path]
        written = archive.add(path, _read(picture.file))
        if written.sha256 != picture.name.partition(".")[0]:
            raise DatasetError(
                _("The file of picture %(name)s is damaged.") % {"name": picture.name}
            )
        progress(number, len(files))


def _read(name: str) -> Iterator[bytes]:
    try:
        with default_storage.open(name) as file:
            yield from file.chunks(_CHUNK)
    except FileNotFoundError as error:
        raise DatasetError(_("The file %(name)s is gone.") % {"name": name}) from error
