"""Importing stimuli: every row is checked first, then all good rows are written or none.

Files are written before the transaction that makes them known, and taken back if it fails.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.disks import is_disk_full
from workbench.core.errors import MintError
from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

from ...models import Stimulus, Study
from ...opinion.releases import mark_stale
from ...opinion.sources import Source
from ...studies.audit import record
from ..importing.aigciqa2023 import ReleaseImages, read_release
from ..importing.folder import holds_images, read_folder
from ..importing.manifest import Manifest, read_manifest
from ..importing.problems import RowNote
from ..importing.remarks import Remark
from ..importing.sources import NO_IMAGES, ImageSource, open_source
from ..mapping.document import TableMapping
from ..mapping.own import refuse_constants
from .checks import CheckedRow, Findings, Progress, RowChecker, check_rows
from .holdout import draw_splits
from .known import load_known
from .refusals import FAULTS, is_fault_of_a_row, refused_rows
from .remarks import remarks_on
from .report import ImportReport
from .rows import write_rows
from .store import ImportStore, study_lock

#: Rows that are shown as they were read.
PREVIEWED = 10


class ImportRefusedError(MintError):
    """An import that could not take place at all; the message says why and how to fix it."""

    code = "import_refused"

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.sentence(_)}; {problem.advice(_)}")
        self.problem = problem


@dataclass(frozen=True)
class ImportOptions:
    """Choices that most imports leave alone."""

    purpose: str = Stimulus.Purpose.MAIN
    #: Import rows whose image is absent as labels, rather than reject them.
    labels_only: bool = False
    #: What the manifest's columns are; the workbench's own names if None.
    mapping: TableMapping | None = None
    #: Let the worker of an upload take the mapping that the header suggests, or what images without
    #: a manifest say.
    suggest: bool = False
    #: The prompt or generator of images without a manifest that nothing says it of.
    constants: Mapping[str, str] = field(default_factory=dict)
    #: Look for no images, not even next to the manifest.
    without_images: bool = False
    #: Check all rows and say what they would do, but keep nothing.
    dry_run: bool = False


def import_manifest(
    *,
    study: Study,
    manifest: Path,
    images: Path | None = None,
    partial: bool = False,
    actor: User | None = None,
    progress: Progress | None = None,
    options: ImportOptions = ImportOptions(),
    before_commit: Callable[[], None] | None = None,
) -> ImportReport:
    """Import the rows of `manifest`, with images from a folder or ZIP (default: next to it). If it
    is itself such a folder or ZIP, its rows are what the images and the files next to them say.

    Bad rows are listed in the report, not raised. Raises ImportRefusedError if manifest or
    images cannot be read at all, or files cannot be written; ImportRunningError during
    another import into the study. `before_commit` is called when all is written: an error that it
    raises takes everything back.
    """
    if images is None and options.mapping is None and holds_images(manifest):
        return _import_folder(
            manifest,
            study=study,
            partial=partial,
            actor=actor,
            progress=progress,
            options=options,
            before_commit=before_commit,
        )
    with refused_for_problems():
        rows = read_manifest(
            manifest,
            perspectives=_keys(study),
            mapping=options.mapping,
        )
        source = _images_of(manifest, images, options)
    with closing(source):
        return import_rows(
            study=study,
            manifest=rows,
            source=source,
            partial=partial,
            actor=actor,
            progress=progress,
            options=options,
            before_commit=before_commit,
        )


def _import_folder(path: Path, *, options: ImportOptions, **further: Any) -> ImportReport:
    """As `import_rows` does, of images without a manifest."""
    with refused_for_problems():
        refuse_constants(options.constants)
        source = open_source(path)
    with closing(source):
        with refused_for_problems():
            rows = read_folder(source, options.constants)
        return import_rows(manifest=rows, source=source, options=options, **further)


def import_aigciqa2023(
    *,
    study: Study,
    folder: Path,
    images: Path | None = None,
    partial: bool = False,
    actor: User | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import the AIGCIQA2023+ release in `folder`; absent images are noted, their labels kept."""
    with refused_for_problems():
        release = read_release(folder, perspectives=_keys(study))
        source = ReleaseImages(open_source(images or folder), release.manifest)
    with closing(source):
        report = import_rows(
            study=study,
            manifest=release.manifest,
            source=source,
            partial=partial,
            actor=actor,
            progress=progress,
            options=ImportOptions(labels_only=True),
        )
    report.notes = sorted([*release.slips, *report.notes], key=lambda note: note.row)
    return report


def _images_of(manifest: Path, images: Path | None, options: ImportOptions) -> ImageSource:
    if options.without_images:
        return NO_IMAGES
    return open_source(images or (manifest if manifest.is_dir() else manifest.parent))


def _keys(study: Study) -> list[str]:
    return [item.key for item in study.perspective_settings]


def import_rows(
    *,
    study: Study,
    manifest: Manifest,
    source: ImageSource,
    partial: bool = False,
    actor: User | None = None,
    progress: Progress | None = None,
    options: ImportOptions = ImportOptions(),
    before_commit: Callable[[], None] | None = None,
) -> ImportReport:
    """As `import_manifest`, of rows already read."""
    report = ImportReport(
        total=manifest.total,
        remarks=list(manifest.remarks),
        dry_run=options.dry_run,
        preview=manifest.rows[:PREVIEWED],
    )
    with _refused_for_full_disks(), study_lock(study), ImportStore(study) as store:
        if options.dry_run or (manifest.errors and not partial):
            store.stop_writing()
        known = load_known(study, manifest.rows, manifest.sources)
        checker = RowChecker(source, store, known, options.labels_only, options.purpose)
        findings = check_rows(
            manifest.rows, checker, study=study, partial=partial, progress=progress or _silent
        )
        findings.rejected = sorted(
            [*manifest.errors, *findings.rejected], key=lambda error: error.row
        )
        report.rejected, report.done = findings.rejected, partial or not findings.rejected
        if report.done:
            sources = manifest.sources
            writing = _Writing(study, actor, options, sources, store, before_commit)
            _write_or_refuse(report, findings, writing, partial=partial)
    if report.done and not options.dry_run:
        report.remarks += remarks_on(study)
    notes = [
        *findings.notes,
        *_absent(findings),
        *(_restored(findings) if report.done and not options.dry_run else ()),
    ]
    report.notes = sorted(notes, key=lambda note: note.row)
    return report


@dataclass(frozen=True)
class _Writing:
    """Where checked rows are written, and for whom."""

    study: Study
    actor: User | None
    options: ImportOptions
    sources: Sequence[Source]
    store: ImportStore
    before_commit: Callable[[], None] | None

    def rows(self, rows: Sequence[CheckedRow]) -> tuple[int, int, list[Remark]]:
        """How many were created and updated, and what was held out of the new ones."""
        options = self.options
        new = [item for item in rows if item.known is None]
        splits, said = draw_splits(study=self.study, rows=new, purpose=options.purpose)
        created, updated = write_rows(
            study=self.study,
            rows=rows,
            splits=splits,
            purpose=options.purpose,
            sources=self.sources,
        )
        return created, updated, said


def _write_or_refuse(
    report: ImportReport, findings: Findings, writing: _Writing, *, partial: bool
) -> None:
    """Rows that the database does not take join the rejected ones; the others are written."""
    try:
        _write(report, findings, writing)
    except FAULTS as error:
        if not is_fault_of_a_row(error):
            raise
        refused = refused_rows(findings.good, writing.rows)
        if not refused:
            raise
        findings.refuse(refused, writing.store)
        report.imported = report.updated = 0
        report.rejected, report.done = findings.rejected, partial
        if partial:
            _write(report, findings, writing)


def _write(report: ImportReport, findings: Findings, writing: _Writing) -> None:
    dry_run = writing.options.dry_run
    if not dry_run:
        writing.store.sync()
    with transaction.atomic(durable=True):
        report.imported, report.updated, said = writing.rows(findings.good)
        if dry_run:
            # Written to be counted, and to find what the database refuses.
            transaction.set_rollback(True)
        elif report.imported or report.updated:
            # Raters are held against the known scores of gold images.
            mark_stale(writing.study)
            record(
                study=writing.study,
                actor=writing.actor,
                action="stimuli.imported",
                imported=report.imported,
                updated=report.updated,
            )
        if writing.before_commit is not None and not dry_run:
            writing.before_commit()
    if not dry_run:
        # Only now do rows point to the files.
        writing.store.keep()
    report.remarks += said
    report.duplicates = findings.duplicates
    report.unchanged = len(findings.good) - report.imported - report.updated


def _absent(findings: Findings) -> Iterator[RowNote]:
    for item in findings.good:
        if item.image is None and (item.known is None or not item.known.sha256):
            yield RowNote(
                item.row.row,
                item.row.line,
                item.row.filename,
                gettext_noop('image "%(filename)s" is missing'),
                gettext_noop("its labels are kept; import the image later under the same name"),
                {"filename": item.row.filename},
            )


def _restored(findings: Findings) -> Iterator[RowNote]:
    for item in findings.good:
        if item.restores:
            yield RowNote(
                item.row.row,
                item.row.line,
                item.row.filename,
                gettext_noop('the file of "%(filename)s" was lost or damaged'),
                gettext_noop("it was written again; have the model predict the image again"),
                {"filename": item.row.filename},
            )


def _silent(done: int, total: int) -> None:
    """Nobody watches."""


@contextmanager
def refused_for_problems() -> Iterator[None]:
    """What is wrong with what was given, as the reason why nothing is imported."""
    try:
        yield
    except Problem as problem:
        raise ImportRefusedError(problem) from problem


@contextmanager
def _refused_for_full_disks() -> Iterator[None]:
    """Files that cannot be written, and a database that cannot grow, by name."""
    try:
        yield
    except OperationalError as error:
        if not is_disk_full(error):
            raise
        problem = Problem(
            gettext_noop("the database's disk is full; nothing was imported"),
            gettext_noop("free space and import again"),
        )
        raise ImportRefusedError(problem) from error
    except OSError as error:
        raise ImportRefusedError(_unwritable(error)) from error


def _unwritable(error: OSError) -> Problem:
    if is_disk_full(error):
        return Problem(
            gettext_noop("the disk of %(place)s is full; nothing was imported"),
            gettext_noop("free space and import again"),
            place=str(settings.MEDIA_ROOT),
        )
    return Problem(
        gettext_noop("images cannot be written to %(place)s (%(reason)s)"),
        gettext_noop("allow the workbench to write there and import again; nothing was imported"),
        place=str(settings.MEDIA_ROOT),
        reason=error.strerror or str(error),
    )
