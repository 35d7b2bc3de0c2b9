"""The job that makes a dataset release. It may be taken twice; only the latest taker's writes
count, and the archive is the same."""

import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from django.core.files.storage import storages
from django.utils.translation import gettext as _

from workbench.core.jobs import leases
from workbench.core.jobs.models import Job
from workbench.core.jobs.queue import enqueue

from ...models import DatasetRelease
from .asking import MAKE
from .building import build
from .errors import DatasetError
from .storing import store_archive

#: Seconds between two heartbeats.
_SIGN_SECONDS = 0.5

log = structlog.get_logger(__name__)


def run_dataset_job(job_id: int) -> None:
    """Takes the job if it is still queued, and leaves the archive or the reason in its row."""
    fence = leases.claim(DatasetRelease, job_id)
    if fence is None:
        return
    job = DatasetRelease.objects.select_related("study", "release__study").get(pk=job_id)
    try:
        with leases.kept(DatasetRelease, job.pk, fence):
            _run(job)
    except leases.LostLeaseError:
        log.warning("dataset_job.lost", job=job.pk, fence=fence)


def sweep_dataset_jobs() -> None:
    """Queues again what a dead worker held or a lost message left."""
    leases.sweep(DatasetRelease, wake=partial(enqueue, MAKE), give_up=_give_up)


def _run(job: DatasetRelease) -> None:
    try:
        _make(job)
    except leases.LostLeaseError:
        raise
    except DatasetError as error:
        _fail(job, error.message)
    except OSError as error:
        _fail(job, _("The archive could not be stored: %(reason)s") % {"reason": error.strerror})
    except Exception:
        _give_up(job)
        raise


def _make(job: DatasetRelease) -> None:
    leases.renew(DatasetRelease, job.pk, job.fence, stage="tables")
    with tempfile.TemporaryDirectory(prefix="mint-dataset-") as folder:
        path = Path(folder) / "archive.zip"
        built = build(job, path, _SignOfLife(job))
        leases.renew(DatasetRelease, job.pk, job.fence, stage="storing")
        name = store_archive(job.study_id, path, built.archive_sha256)
    try:
        leases.succeed(DatasetRelease, job.pk, job.fence, archive=name, **vars(built))
    except leases.LostLeaseError:
        storages["artifacts"].delete(name)
        raise


@dataclass
class _SignOfLife:
    """Progress into the row, which renews the lease too."""

    job: DatasetRelease
    _next: float = 0.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() < self._next and done != total:
            return
        self._next = time.monotonic() + _SIGN_SECONDS
        job = self.job
        said = {"stage": "pictures", "progress_done": done, "progress_total": total}
        leases.renew(DatasetRelease, job.pk, job.fence, **said)


def _give_up(job: Job) -> None:
    _fail(
        job,
        _(
            "The making of the dataset was interrupted. Try it again; if it happens again, ask an "
            "administrator of this site what the worker’s log says."
        ),
    )


def _fail(job: Job, reason: str) -> None:
    leases.fail(DatasetRelease, job.pk, job.fence, error=reason)
