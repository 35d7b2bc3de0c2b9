"""A study made of a dataset release: all of it, or nothing."""

import csv
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.db import DataError, IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from workbench.accounts.models import User

from ...models import Study
from ...opinion.dataset.content import TABLES, data_sha256
from ...opinion.export.formats import FORMATS
from ...opinion.export.records import Database
from ...opinion.imported import renew_content
from ...protocol.errors import ProtocolError
from ...studies.audit import record
from ...studies.protocols import current_protocol
from ...studies.services import SETTINGS, create_study, free_slug
from ..importing.problems import ImageError
from ..imports.disk_problems import disk_problems
from ..imports.service import refused_for_problems
from ..imports.store import ImportStore
from . import values
from .answers import Answers
from .errors import BrokenArchiveError
from .images import Images, PublishedScores
from .keys import new_keys_of
from .opening import DatasetArchive
from .people import write_people
from .pictures import Pictures, pictures_of
from .stages import CHECKING, COMPARING, READING, UNWATCHED, WRITING, Imported, Watch

_FAULTS = (
    *(ValueError, KeyError, TypeError, AttributeError, OverflowError, EOFError),
    *(ProtocolError, IntegrityError, DataError, csv.Error, zipfile.BadZipFile, zlib.error),
)
#: What the next trial of a sitting that is not over begins with.
_NEXT = """
UPDATE annotation_ratingsession AS session
SET next_position = found.position + 1, next_block = found.block + 1
FROM (
    SELECT session_id, max(position) AS position, max(block) AS block
    FROM annotation_trial WHERE study_id = %s GROUP BY session_id
) AS found
WHERE session.id = found.session_id
"""


def import_dataset(
    *,
    path: Path,
    owner: User,
    slug: str = "",
    given: Path | None = None,
    watch: Watch = UNWATCHED,
) -> Imported:
    """Makes a closed study of `owner`'s of the archive at `path`; slug: by default the archive's,
    or one like it if that is taken; given: a folder or ZIP with pictures that are not in it, which
    are known by their hashes.

    Nobody sees any of it before all is there and its tables have the hash that the archive names.
    Raises DatasetImportError, StudyError for settings that no study can have, and
    ImportRefusedError if a disk is full.
    """
    watch.progress(CHECKING, 0, 0)
    with (
        refused_for_problems(),
        disk_problems(),
        DatasetArchive.opened(path) as archive,
        _blamed_on(archive),
        pictures_of(archive, given) as pictures,
    ):
        pictures.read_given(partial(watch.progress, READING))
        pictures.refuse_missing()
        return _make(archive, pictures, owner, slug, watch)


@transaction.atomic
def _make(
    archive: DatasetArchive, pictures: Pictures, owner: User, slug: str, watch: Watch
) -> Imported:
    study = _new_study(archive, owner, slug)
    watch.begun(study.pk)
    with ImportStore(study) as store:
        imported = _Writing(study, archive, pictures, store, watch).write()
        dataset = archive.document["dataset"]["name"]
        record(study=study, actor=owner, action="study.imported", dataset=dataset)
        # Those that wait for the end of the transaction, while files can be taken back.
        connection.check_constraints()
        store.sync()
        watch.written(imported)
        store.keep()
    return imported


@contextmanager
def _blamed_on(archive: DatasetArchive) -> Iterator[None]:
    """Whatever cannot be written of an archive is its fault: it comes from outside."""
    try:
        yield
    except ImageError as error:
        raise BrokenArchiveError(archive.place, error.sentence(_)) from error
    except KeyError as error:
        raise BrokenArchiveError(archive.place, _("%s is missing") % error) from error
    except _FAULTS as error:
        raise BrokenArchiveError(archive.place, str(error).split("\n")[0]) from error


def _new_study(archive: DatasetArchive, owner: User, slug: str) -> Study:
    document = archive.document
    given = values.mapping(document["settings"])
    settings = {name: value for name, value in given.items() if name in SETTINGS}
    settings["perspectives"] = [
        {name: value for name, value in item.items() if name != "direction"}
        for item in values.items(document["perspectives"])
    ]
    title = values.text(settings.pop("title"), 200)
    name = slug or free_slug(values.text(document["study"], 80))
    study = create_study(owner=owner, title=title, slug=name, **settings)
    # Nobody is asked for more until its owner says so.
    study.status = Study.Status.CLOSED
    study.save(update_fields=["status"])
    return study


@dataclass(frozen=True)
class _Writing:
    """What is in an archive, into a new study."""

    study: Study
    archive: DatasetArchive
    pictures: Pictures
    store: ImportStore
    watch: Watch

    def write(self) -> Imported:
        study, archive = self.study, self.archive
        people = write_people(study, archive)
        perspectives = dict(study.perspectives.values_list("key", "pk"))
        keys, trials = new_keys_of(archive.records())
        images = Images(study, self.pictures, self.store, keys)
        published = PublishedScores.of(study, archive, keys, perspectives)
        answers = Answers(study, keys, trials, perspectives, people.sittings)
        number = without = ratings = 0
        for records in archive.batches():
            self.watch.progress(WRITING, number, len(keys))
            number += len(records)
            without += images.write(records)
            published.write(records)
            ratings += answers.write(records)
        self.watch.progress(COMPARING, number, len(keys))
        for release in published.releases.values():
            renew_content(release)
        with connection.cursor() as cursor:
            cursor.execute(_NEXT, [study.pk])
        current_protocol(study.pk)
        digest = _checked_hash(study, archive)
        return Imported(study, number, without, len(people.raters), ratings, digest)


def _checked_hash(study: Study, archive: DatasetArchive) -> str:
    """That the new study's tables have; raises ValueError if the archive's had another."""
    archive.place = "data_sha256"
    expected = archive.document["dataset"]["data_sha256"]
    with tempfile.TemporaryDirectory() as folder:
        source = Database(study)
        for name, path in TABLES.items():
            with (Path(folder) / path).open("wb") as file:
                file.writelines(FORMATS[name].encode(source, raw=True))
        found = data_sha256(Path(folder))
    if found != expected:
        raise ValueError(_("the tables of the study would be others than the archive's"))
    return found
