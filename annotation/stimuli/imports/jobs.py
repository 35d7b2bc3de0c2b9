"""Imports asked for in the console: staged uploads, run by a worker, owned by their rows.

A job may be taken twice (a worker died, a message came twice); only the latest taker's writes
count (`workbench.core.jobs`). An import changes nothing the second time, so that is safe.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from workbench.core.jobs import leases
from workbench.core.jobs.models import Job, JobState
from workbench.core.jobs.queue import enqueue
from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

from ...models import ImportJob
from ..importing.bundles import may_hold_images, unpacked
from ..importing.folder import holds_images, is_images_alone
from ..importing.problems import RowNote
from ..mapping.as_json import from_json, to_json
from ..mapping.document import TableMapping
from ..mapping.own import manifest_mapping
from ..mapping.suggesting import suggest_in
from .again import forget_old_files, kept_files
from .previewing import preview_json
from .ratings.service import import_ratings
from .remote import fetched
from .report import ImportReport
from .saved import saved_mappings
from .service import (
    ImportOptions,
    ImportRefusedError,
    ImportRun,
    import_manifest,
    refused_for_problems,
)
from .staging import forget_files, local_copy
from .starting import RUN_IMPORT
from .store import ImportRunningError

#: Rows kept for the result page; of the rest, only counts are kept.
ROWS_KEPT = 500
NOTES_KEPT = 100
#: Images that the page lets be filled in at once: two fields each, of the thousand of a form.
GAPS_KEPT = 200
#: Seconds between two heartbeats.
_SIGN_SECONDS = 0.5

_log = structlog.get_logger(__name__)


def run_import_job(*, job_id: int) -> None:
    """Take the job if it is still queued, import, and leave the outcome in its row."""
    fence = leases.claim(ImportJob, job_id)
    if fence is None:
        return
    job = ImportJob.objects.select_related("study", "actor").get(pk=job_id)
    try:
        with leases.kept(ImportJob, job.pk, fence):
            _run(job)
    except leases.LostLeaseError:
        _log.warning("import_job.lost", job=job.pk, fence=job.fence)
        _forget_if_cancelled(job)


def sweep_import_jobs() -> None:
    """Queue again what a dead worker held or a lost message left; give up after some attempts."""
    leases.sweep(ImportJob, wake=partial(enqueue, RUN_IMPORT), give_up=_give_up)
    forget_old_files()


def _run(job: ImportJob) -> None:
    try:
        report = _import(job)
    except ImportRunningError:
        # A command-line import holds the study.
        leases.postpone(ImportJob, job.pk, job.fence)
    except ImportRefusedError as error:
        _fail(job, error.problem)
    except leases.LostLeaseError:
        raise
    except Exception:
        _fail(job, _internal_problem())
        raise
    else:
        _finish(job, report)


def _give_up(job: Job) -> None:
    _fail(ImportJob.objects.get(pk=job.pk), _internal_problem())


@dataclass
class _SignOfLife:
    """Progress into the row, which renews the lease too."""

    job: ImportJob
    _next: float = 0.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() < self._next and done != total:
            return
        self._next = time.monotonic() + _SIGN_SECONDS
        leases.renew(
            ImportJob,
            self.job.pk,
            self.job.fence,
            stage="checking",
            progress_done=done,
            progress_total=total,
        )

    def rows_are_written(self) -> None:
        """The last word of the transaction that writes them: a job that was cancelled meanwhile
        takes them back, and one that has come so far cannot be cancelled."""
        leases.renew(ImportJob, self.job.pk, self.job.fence, stage=leases.WRITTEN)


def _import(job: ImportJob) -> ImportReport:
    signs = _SignOfLife(job)
    with _manifest_of(job) as manifest, local_copy(job.images) as images:
        if manifest is None:
            raise ImportRefusedError(_internal_problem())
        if job.ratings:
            return import_ratings(_ratings_run(job, signs), manifest, job.source)
        return import_manifest(
            study=job.study,
            manifest=manifest,
            images=images,
            partial=job.partial,
            actor=job.actor,
            progress=signs,
            before_commit=signs.rows_are_written,
            options=ImportOptions(
                purpose=job.purpose,
                labels_only=job.labels_only,
                without_images=not (job.images or job.address or may_hold_images(manifest)),
                mapping=_mapping(job, manifest),
                constants=job.constants,
                fills=job.fills,
                dry_run=job.dry_run,
            ),
        )


@contextmanager
def _manifest_of(job: ImportJob) -> Iterator[Path | None]:
    """The uploaded file, or what is at the address."""
    if not job.address:
        with local_copy(job.manifest) as path:
            yield path
        return
    with ExitStack() as stack:
        with refused_for_problems():
            path = stack.enter_context(fetched(job.address))
        assert path is not None  # noqa: S101 -- there is an address
        if is_images_alone(path) and job.mapping == to_json(manifest_mapping(_keys(job))):
            # Nobody chose what its columns are, and it has none.
            _keep_mapping(job, {})
        yield path


def _keys(job: ImportJob) -> list[str]:
    return [item.key for item in job.study.perspective_settings]


def _keep_mapping(job: ImportJob, mapping: dict[str, Any]) -> None:
    job.mapping = mapping
    ImportJob.objects.filter(pk=job.pk, fence=job.fence).update(mapping=mapping)


def _ratings_run(job: ImportJob, signs: _SignOfLife) -> ImportRun:
    options = ImportOptions(dry_run=job.dry_run)
    written = signs.rows_are_written
    return ImportRun(job.study, job.actor, job.partial, options, signs, written)


def _mapping(job: ImportJob, manifest: Path) -> TableMapping | None:
    """The job's; if it has none, the one that its table suggests, which is the job's then. None for
    images without a table."""
    if not job.images and not job.mapping and holds_images(manifest):
        return None
    with refused_for_problems():
        if job.mapping:
            return from_json(job.mapping)
        with unpacked(manifest) as place:
            found = suggest_in(
                place,
                source=Path(job.manifest_name).stem,
                perspectives=_keys(job),
                saved=saved_mappings(job.study),
            )
    _keep_mapping(job, to_json(found.mapping))
    return found.mapping


def _finish(job: ImportJob, report: ImportReport) -> None:
    """Bad rows that refused the import make it failed, with the rows as the reason."""
    end = leases.succeed if report.done else leases.fail
    end(
        ImportJob,
        job.pk,
        job.fence,
        progress_done=report.total,
        progress_total=report.total,
        imported=report.imported,
        updated=report.updated,
        unchanged=report.unchanged,
        duplicates=report.duplicates,
        rejected=len(report.rejected),
        rejected_rows=_to_json(report.rejected[:ROWS_KEPT]),
        notes=_to_json(report.notes[:NOTES_KEPT]),
        remarks=[remark.to_json() for remark in report.remarks],
        preview=preview_json(report.preview) if job.dry_run else [],
        gaps=[gap.to_json() for gap in report.gaps[:GAPS_KEPT]],
    )
    if report.done and not job.dry_run:
        forget_files(job)
    else:
        _forget_earlier_files(job)


def _fail(job: ImportJob, problem: Problem) -> None:
    leases.fail(ImportJob, job.pk, job.fence, refusal=problem.to_json())
    _forget_earlier_files(job)


def _forget_earlier_files(job: ImportJob) -> None:
    """The files of the latest failure or dry run stay, so that it can go on from them."""
    for old in kept_files().filter(study=job.study_id, pk__lt=job.pk):
        forget_files(old)


def _forget_if_cancelled(job: ImportJob) -> None:
    job.refresh_from_db()
    if job.state == JobState.CANCELLED:
        forget_files(job)


def _internal_problem() -> Problem:
    return Problem(
        gettext_noop("the import was interrupted; nothing was imported"),
        gettext_noop(
            "try it again; if it happens again, ask an administrator of this site what the "
            "worker's log says"
        ),
    )


def _to_json(rows: Sequence[RowNote]) -> list[dict[str, Any]]:
    return [row.to_json() for row in rows]
