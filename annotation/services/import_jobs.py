"""Imports asked for in the console: staged uploads, run by a worker, owned by their rows.

A job may be taken twice (a worker died, a message came twice): each taking raises `attempt`, and
only the latest taker's writes count. An import changes nothing the second time, so that is safe.
"""

import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as QueueError

from workbench.accounts.models import User
from workbench.errors import MintError

from ..importing.problems import Problem, RowNote, gettext_noop
from ..models import ImportJob, Study
from .import_store import ImportRunningError
from .importing import ImportOptions, ImportRefusedError, ImportReport, import_manifest

#: Longer than the slowest stretch without a sign of life: writing all rows in one transaction.
LEASE = timedelta(minutes=5)
#: How long a queued job may wait before it is sent to the queue again.
RESEND_AFTER = timedelta(seconds=60)
MOST_ATTEMPTS = 3
#: Rows kept for the result page; the counts tell the rest.
ROWS_KEPT = 500
NOTES_KEPT = 100
#: Between two signs of life.
_SIGN_SECONDS = 0.5

_log = structlog.get_logger(__name__)


class ImportActiveError(MintError):
    """A study has an import under way already."""

    code = "import_active"


class _JobLostError(Exception):
    """Another worker has taken the job since."""


def request_import(
    *,
    study: Study,
    actor: User,
    manifest: "File[bytes]",
    images: "File[bytes] | None",
    partial: bool,
    options: ImportOptions,
) -> ImportJob:
    """Keep the uploads where every worker finds them and queue their import."""
    folder = f"imports/{uuid.uuid4().hex}"
    staged = [_stage(folder, manifest), _stage(folder, images)]
    try:
        with transaction.atomic():
            job = ImportJob.objects.create(
                study=study,
                actor=actor,
                manifest=staged[0],
                images=staged[1],
                manifest_name=manifest.name or "",
                images_name=(images.name or "") if images else "",
                partial=partial,
                labels_only=options.labels_only,
                purpose=options.purpose,
                mos_scale=options.mos_scale,
                queued_at=timezone.now(),
            )
            transaction.on_commit(lambda: _send(job.pk))
    except IntegrityError as error:
        _unstage(staged)
        raise ImportActiveError(
            _("An import into “%(study)s” is under way; wait until it has ended.")
            % {"study": study.title}
        ) from error
    return job


def run_import_job(*, job_id: int) -> None:
    """Take the job if it is still queued, import, and leave the outcome in its row."""
    job = _take(job_id)
    if job is None:
        return
    try:
        report = _import(job)
    except _JobLostError:
        _log.warning("import_job.lost", job=job.pk, attempt=job.attempt)
    except ImportRunningError:
        # A command-line import holds the study: the sweeper sends the job again.
        _change(job, state=ImportJob.State.QUEUED, lease_expires_at=None, queued_at=timezone.now())
    except ImportRefusedError as error:
        _fail(job, error.problem)
    except Exception:
        _fail(job, _internal_problem())
        raise
    else:
        _finish(job, report)


def sweep_import_jobs() -> None:
    """Queue again what a dead worker held or a lost message left; give up after some attempts."""
    now = timezone.now()
    expired = ImportJob.objects.filter(state=ImportJob.State.RUNNING, lease_expires_at__lt=now)
    for job in expired.filter(attempt__gte=MOST_ATTEMPTS):
        _fail(job, _internal_problem())
    expired.filter(attempt__lt=MOST_ATTEMPTS).update(
        state=ImportJob.State.QUEUED, lease_expires_at=None, queued_at=now - 2 * RESEND_AFTER
    )
    waiting = ImportJob.objects.filter(
        state=ImportJob.State.QUEUED, queued_at__lt=now - RESEND_AFTER
    )
    for job_id in waiting.values_list("pk", flat=True):
        ImportJob.objects.filter(pk=job_id).update(queued_at=now)
        _send(job_id)


def _send(job_id: int) -> None:
    """Wake a worker; without the queue the job waits in its row for the sweeper."""
    from ..importing_tasks import run_import

    try:
        run_import.delay(job_id)
    except QueueError as error:
        _log.warning("import_job.not_sent", job=job_id, reason=str(error))


def _take(job_id: int) -> ImportJob | None:
    taken = ImportJob.objects.filter(pk=job_id, state=ImportJob.State.QUEUED).update(
        state=ImportJob.State.RUNNING,
        attempt=F("attempt") + 1,
        lease_expires_at=timezone.now() + LEASE,
        checked_rows=0,
    )
    return ImportJob.objects.select_related("study", "actor").get(pk=job_id) if taken else None


def _change(job: ImportJob, **fields: Any) -> bool:
    """Write to the job if this attempt still holds it."""
    held = ImportJob.objects.filter(pk=job.pk, state=ImportJob.State.RUNNING, attempt=job.attempt)
    return held.update(**fields) == 1


@dataclass
class _SignOfLife:
    """Progress into the row, which renews the lease too."""

    job: ImportJob
    _next: float = 0.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() < self._next and done != total:
            return
        self._next = time.monotonic() + _SIGN_SECONDS
        lease = timezone.now() + LEASE
        if not _change(self.job, checked_rows=done, total_rows=total, lease_expires_at=lease):
            raise _JobLostError


def _import(job: ImportJob) -> ImportReport:
    with _local_copy(job.manifest) as manifest, _local_copy(job.images) as images:
        if manifest is None:
            raise ImportRefusedError(_internal_problem())
        return import_manifest(
            study=job.study,
            manifest=manifest,
            images=images,
            partial=job.partial,
            actor=job.actor,
            progress=_SignOfLife(job),
            options=ImportOptions(
                purpose=job.purpose, labels_only=job.labels_only, mos_scale=job.mos_scale
            ),
        )


def _finish(job: ImportJob, report: ImportReport) -> None:
    """Bad rows that refused the import make it failed, with the rows as the reason."""
    _end(
        job,
        state=ImportJob.State.DONE if report.done else ImportJob.State.FAILED,
        checked_rows=report.total,
        total_rows=report.total,
        imported=report.imported,
        updated=report.updated,
        unchanged=report.unchanged,
        duplicates=report.duplicates,
        rejected=len(report.rejected),
        rejected_rows=_to_json(report.rejected[:ROWS_KEPT]),
        notes=_to_json(report.notes[:NOTES_KEPT]),
    )


def _fail(job: ImportJob, problem: Problem) -> None:
    _end(job, state=ImportJob.State.FAILED, refusal=problem.to_json())


def _end(job: ImportJob, **fields: Any) -> None:
    if _change(job, lease_expires_at=None, finished_at=timezone.now(), **fields):
        _unstage([job.manifest, job.images])


def _internal_problem() -> Problem:
    return Problem(
        gettext_noop("the import broke off; nothing was imported"),
        gettext_noop("upload the files again; the worker's log says what happened"),
    )


def _to_json(rows: Sequence[RowNote]) -> list[dict[str, Any]]:
    return [row.to_json() for row in rows]


def _stage(folder: str, file: "File[bytes] | None") -> str:
    if file is None:
        return ""
    name = get_valid_filename(Path(file.name or "file").name)[-100:]
    return storages["artifacts"].save(f"{folder}/{name}", file)


def _unstage(names: Sequence[str]) -> None:
    """Delete staged files and, where storage has folders, the one that they lay in."""
    for name in filter(None, names):
        storages["artifacts"].delete(name)
    storages["artifacts"].delete(names[0].rpartition("/")[0])


@contextmanager
def _local_copy(name: str) -> Iterator[Path | None]:
    """The staged file as a local path: itself where storage is local, else a temporary copy."""
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
