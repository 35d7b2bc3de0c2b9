"""Imports asked for in the console: staged uploads, run by a worker, owned by their rows.

A job may be taken twice (a worker died, a message came twice); only the latest taker's writes
count (`workbench.core.jobs`). An import changes nothing the second time, so that is safe.
"""

import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages
from django.db import IntegrityError, transaction
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.errors import MintError
from workbench.core.jobs import leases
from workbench.core.jobs.models import Job
from workbench.core.jobs.queue import enqueue
from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

from ...models import ImportJob, Study
from ..importing.problems import RowNote
from .service import ImportOptions, ImportRefusedError, ImportReport, import_manifest
from .store import ImportRunningError

RUN_IMPORT = "annotation.stimuli.tasks.run_import"
#: Rows kept for the result page; of the rest, only counts are kept.
ROWS_KEPT = 500
NOTES_KEPT = 100
#: Seconds between two heartbeats.
_SIGN_SECONDS = 0.5

_log = structlog.get_logger(__name__)


class ImportActiveError(MintError):
    """The study already has an import under way."""

    code = "import_active"


class UploadNotKeptError(MintError):
    """The server could not keep the uploaded files: its storage is full or away."""

    code = "upload_not_kept"
    status = 507


def request_import(
    *,
    study: Study,
    actor: User,
    manifest: "File[bytes]",
    images: "File[bytes] | None",
    partial: bool,
    options: ImportOptions,
) -> ImportJob:
    """Keep the uploads where every worker finds them, and queue their import.

    Raises UploadNotKeptError if they cannot be kept and ImportActiveError if an import is
    under way; nothing of them stays then.
    """
    folder = f"imports/{uuid.uuid4().hex}"
    try:
        staged = [_stage(folder, manifest), _stage(folder, images)]
    except OSError as error:
        _discard(folder)
        raise UploadNotKeptError(
            _(
                "The files could not be stored (%(reason)s). Free some space on the server, then "
                "try again."
            )
            % {"reason": error.strerror or error}
        ) from error
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
                mos_minimum=options.mos_minimum,
                mos_scale=options.mos_scale,
                direction=options.direction,
                score_kind=options.score_kind,
                lease_expires_at=leases.lease_end(),
            )
            enqueue(RUN_IMPORT, job.pk)
    except IntegrityError as error:
        unstage(staged)
        raise ImportActiveError(
            _("An import into “%(study)s” is in progress; wait until it is done.")
            % {"study": study.title}
        ) from error
    return job


def run_import_job(*, job_id: int) -> None:
    """Take the job if it is still queued, import, and leave the outcome in its row."""
    fence = leases.claim(ImportJob, job_id)
    if fence is None:
        return
    job = ImportJob.objects.select_related("study", "actor").get(pk=job_id)
    try:
        _run(job)
    except leases.LostLeaseError:
        _log.warning("import_job.lost", job=job.pk, fence=job.fence)


def sweep_import_jobs() -> None:
    """Queue again what a dead worker held or a lost message left; give up after some attempts."""
    leases.sweep(ImportJob, wake=partial(enqueue, RUN_IMPORT), give_up=_give_up)


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
            ImportJob, self.job.pk, self.job.fence, progress_done=done, progress_total=total
        )


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
                purpose=job.purpose,
                labels_only=job.labels_only,
                mos_minimum=job.mos_minimum,
                mos_scale=job.mos_scale,
                direction=job.direction,
                score_kind=job.score_kind,
            ),
        )


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
    )
    unstage([job.manifest, job.images])


def _fail(job: ImportJob, problem: Problem) -> None:
    leases.fail(ImportJob, job.pk, job.fence, refusal=problem.to_json())
    unstage([job.manifest, job.images])


def _internal_problem() -> Problem:
    return Problem(
        gettext_noop("the import was interrupted; nothing was imported"),
        gettext_noop("upload the files again; the worker's log says what happened"),
    )


def _to_json(rows: Sequence[RowNote]) -> list[dict[str, Any]]:
    return [row.to_json() for row in rows]


def _stage(folder: str, file: "File[bytes] | None") -> str:
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
    storages["artifacts"].delete(names[0].rpartition("/")[0])


def _discard(folder: str) -> None:
    """Delete a folder of uploads with all that is in it, half-written files too."""
    storage = storages["artifacts"]
    if storage.exists(folder):
        _folders, names = storage.listdir(folder)
        for name in names:
            storage.delete(f"{folder}/{name}")
        storage.delete(folder)


@contextmanager
def _local_copy(name: str) -> Iterator[Path | None]:
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
