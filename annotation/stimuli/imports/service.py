"""Importing stimuli: every row is checked first, then all good rows are written or none.

Files are written before the transaction that makes them known, and taken back if it fails.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.errors import MintError
from workbench.core.problems import Problem

from ...models import Stimulus, Study
from ...opinion.releases import mark_stale
from ...opinion.sources import Source
from ...studies.audit import record
from ..importing.aigciqa2023 import ReleaseImages, read_release
from ..importing.bundles import dataset_files, table_of, unpacked
from ..importing.dataset_images import dataset_images
from ..importing.folder import holds_images, read_folder
from ..importing.manifest import Manifest, ManifestRow, read_manifest
from ..importing.remarks import Remark
from ..importing.sources import NO_IMAGES, ImageSource, open_source
from ..mapping.document import TableMapping
from ..mapping.own import Fills, manifest_mapping, refuse_constants, refuse_fills
from .checks import CheckedRow, Findings, Progress, RowChecker, check_rows
from .disk_problems import disk_problems
from .holdout import draw_splits
from .known import load_known
from .notes import absent_images, restored_files
from .refusals import FAULTS, is_fault_of_a_row, refused_rows
from .remarks import remarks_on
from .report import ImportReport
from .rows import write_rows
from .store import ImportStore, study_lock
from .tallies import tally

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
    #: Those of single images, whatever else says of them.
    fills: Fills = field(default_factory=dict)
    #: Look for no images, not even next to the manifest.
    without_images: bool = False
    #: The table is of ratings of single people (`stimuli.imports.ratings`): whose they are.
    ratings_of: str = ""
    #: Check all rows and say what they would do, but keep nothing.
    dry_run: bool = False


@dataclass(frozen=True)
class ImportRun:
    """An import: into which study, for whom, and how. `before_commit` is called when all is
    written: an error that it raises takes everything back."""

    study: Study
    actor: User | None = None
    #: Import the good rows even if others are bad.
    partial: bool = False
    options: ImportOptions = ImportOptions()
    progress: Progress | None = None
    before_commit: Callable[[], None] | None = None

    @property
    def perspectives(self) -> list[str]:
        """The study's keys."""
        return [item.key for item in self.study.perspective_settings]

    @property
    def goes_on(self) -> bool:
        """Whether bad rows stop nothing: a dry run says what the good ones would do."""
        return self.partial or self.options.dry_run

    def check(self, rows: Sequence[ManifestRow], checker: RowChecker) -> Findings:
        return check_rows(
            rows,
            checker,
            study=self.study,
            partial=self.partial,
            progress=self.progress or _silent,
        )


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
    another import into the study.
    """
    run = ImportRun(study, actor, partial, options, progress, before_commit)
    if images is None and options.mapping is None and holds_images(manifest):
        return _import_folder(run, manifest)
    with refused_for_problems(), unpacked(manifest) as place:
        mapping = options.mapping or manifest_mapping(run.perspectives)
        table, mapping = table_of(place, mapping)
        rows = read_manifest(table, perspectives=run.perspectives, mapping=mapping)
        with closing(_images_of(manifest, table, images, options)) as source:
            return import_rows(run, rows, source)


def _import_folder(run: ImportRun, path: Path) -> ImportReport:
    """Images without a manifest."""
    with refused_for_problems():
        refuse_constants(run.options.constants)
        refuse_fills(run.options.fills)
        source = open_source(path)
    with closing(source):
        with refused_for_problems():
            rows = read_folder(source, run.options.constants, run.options.fills)
        return import_rows(run, rows, source)


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
    run = ImportRun(study, actor, partial, ImportOptions(labels_only=True), progress)
    with refused_for_problems():
        release = read_release(folder, perspectives=run.perspectives)
        source = ReleaseImages(open_source(images or folder), release.manifest)
    with closing(source):
        report = import_rows(run, release.manifest, source)
    report.notes = sorted([*release.slips, *report.notes], key=lambda note: note.row)
    return report


def _images_of(
    manifest: Path, table: Path, images: Path | None, options: ImportOptions
) -> ImageSource:
    """Given, or in the table itself, or next to it."""
    if options.without_images:
        return NO_IMAGES
    if images is None:
        embedded = dataset_images(dataset_files(table))
        if embedded is not None:
            return embedded
        if holds_images(manifest):
            return open_source(manifest)
    return open_source(images or (manifest if manifest.is_dir() else manifest.parent))


def import_rows(run: ImportRun, manifest: Manifest, source: ImageSource) -> ImportReport:
    """As `import_manifest`, of rows already read."""
    options = run.options
    report = ImportReport(
        total=manifest.total,
        remarks=list(manifest.remarks),
        dry_run=options.dry_run,
        preview=manifest.rows[:PREVIEWED],
        gaps=manifest.gaps,
        partial=run.partial,
    )
    with (
        refused_for_problems(),
        disk_problems(),
        study_lock(run.study) as lock,
        ImportStore(run.study, lock) as store,
    ):
        if options.dry_run or (manifest.errors and not run.partial):
            store.stop_writing()
        known = load_known(run.study, manifest.rows, manifest.sources)
        checker = RowChecker(source, store, known, options.labels_only, options.purpose)
        findings = run.check(manifest.rows, checker)
        findings.rejected = sorted(
            [*manifest.errors, *findings.rejected], key=lambda error: error.row
        )
        report.rejected, report.done = findings.rejected, run.goes_on or not findings.rejected
        report.duplicates = findings.duplicates
        if report.done:
            _write_or_refuse(report, findings, _Writing(run, manifest.sources, store))
    if options.dry_run:
        report.remarks[:0] = tally(manifest.rows, findings)
    elif report.done:
        report.remarks += remarks_on(run.study)
    notes = [
        *manifest.notes,
        *findings.notes,
        *absent_images(findings),
        *(restored_files(findings) if report.done and not options.dry_run else ()),
    ]
    report.notes = sorted(notes, key=lambda note: note.row)
    return report


@dataclass(frozen=True)
class _Writing:
    """Where a run's checked rows are written."""

    run: ImportRun
    sources: Sequence[Source]
    store: ImportStore

    def rows(self, rows: Sequence[CheckedRow]) -> tuple[int, int, list[Remark]]:
        """How many were created and updated, and what was held out of the new ones."""
        study, purpose = self.run.study, self.run.options.purpose
        new = [item for item in rows if item.known is None]
        splits, said = draw_splits(study=study, rows=new, purpose=purpose)
        created, updated = write_rows(
            study=study, rows=rows, splits=splits, purpose=purpose, sources=self.sources
        )
        return created, updated, said


def _write_or_refuse(report: ImportReport, findings: Findings, writing: _Writing) -> None:
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
        report.rejected, report.done = findings.rejected, writing.run.goes_on
        if report.done:
            _write(report, findings, writing)


def _write(report: ImportReport, findings: Findings, writing: _Writing) -> None:
    run, dry_run = writing.run, writing.run.options.dry_run
    if not dry_run:
        writing.store.sync()
    with transaction.atomic(durable=True):
        report.imported, report.updated, said = writing.rows(findings.good)
        if dry_run:
            # Written to be counted, and to find what the database refuses.
            transaction.set_rollback(True)
        elif report.imported or report.updated:
            # Raters are held against the known scores of gold images.
            mark_stale(run.study)
            record(
                study=run.study,
                actor=run.actor,
                action="stimuli.imported",
                imported=report.imported,
                updated=report.updated,
            )
        if run.before_commit is not None and not dry_run:
            run.before_commit()
    if not dry_run:
        # Only now do rows point to the files.
        writing.store.keep()
    report.remarks += said
    report.unchanged = len(findings.good) - report.imported - report.updated


def _silent(done: int, total: int) -> None:
    """Nobody watches."""


@contextmanager
def refused_for_problems() -> Iterator[None]:
    """What is wrong with what was given, as the reason why nothing is imported."""
    try:
        yield
    except Problem as problem:
        raise ImportRefusedError(problem) from problem
