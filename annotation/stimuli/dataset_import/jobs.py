"""The job that makes a study of a dataset release. It may be taken twice; only the latest taker's
study is kept: the job succeeds in the transaction that writes it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from django.utils.translation import gettext as _

from workbench.core.errors import MintError
from workbench.core.jobs import leases
from workbench.core.jobs.aside import aside
from workbench.core.jobs.models import Job, JobState
from workbench.core.jobs.queue import enqueue

from ...models import DatasetImport, Study
from ..imports.staging import local_copy
from ..imports.store import ImportStore
from .service import import_dataset
from .stages import Imported, Watch
from .starting import RUN, forget_files

#: Seconds between two heartbeats.
_SIGN_SECONDS = 0.5

log = structlog.get_logger(__name__)


def run_dataset_import(job_id: int) -> None:
    """Takes the job if it is still queued, and leaves the study or the reason in its row."""
    fence = leases.claim(DatasetImport, job_id)
    if fence is None:
        return
    job = DatasetImport.objects.select_related("actor").get(pk=job_id)
    try:
        _run(job)
    except leases.LostLeaseError:
        log.warning("dataset_import.lost", job=job.pk, fence=fence)
        job.refresh_from_db()
        if job.state == JobState.CANCELLED:
            forget_files(job)


def sweep_dataset_imports() -> None:
    """Queues again what a dead worker held or a lost message left."""
    leases.sweep(DatasetImport, wake=partial(enqueue, RUN), give_up=_give_up)


def _run(job: DatasetImport) -> None:
    _forget_earlier_try(job)
    try:
        with aside() as call:
            _import(job, _Signs(job, call))
    except leases.LostLeaseError:
        raise
    except MintError as error:
        _fail(job, error.message)
    except OSError as error:
        reason = {"reason": error.strerror or type(error).__name__}
        _fail(job, _("The files could not be read: %(reason)s") % reason)
    except Exception:
        _give_up(job)
        raise
    forget_files(job)


def _import(job: DatasetImport, signs: "_Signs") -> None:
    with local_copy(job.archive) as path, local_copy(job.images) as given:
        if path is None:
            raise FileNotFoundError
        import_dataset(
            path=path,
            owner=job.actor,
            slug=job.slug,
            given=given,
            watch=Watch(signs.progress, signs.begun, signs.written),
        )


def _forget_earlier_try(job: DatasetImport) -> None:
    """The files of a try that was killed: its study never was."""
    if job.begun is not None and not Study.objects.filter(pk=job.begun).exists():
        with ImportStore(Study(pk=job.begun)):
            pass  # it finds the marker of the other, and deletes what no row points to


@dataclass
class _Signs:
    """Heartbeats into the row while the study's transaction is open."""

    job: DatasetImport
    aside: Callable[..., Any]
    _next: float = 0.0
    _stage: str = ""

    def progress(self, stage: str, done: int, total: int) -> None:
        if time.monotonic() < self._next and stage == self._stage:
            return
        self._next, self._stage = time.monotonic() + _SIGN_SECONDS, stage
        self._say(stage=stage, progress_done=done, progress_total=total)

    def begun(self, study: int) -> None:
        self._say(begun=study)

    def _say(self, **fields: Any) -> None:
        self.aside(leases.renew, DatasetImport, self.job.pk, self.job.fence, **fields)

    def written(self, made: Imported) -> None:
        leases.succeed(
            DatasetImport,
            self.job.pk,
            self.job.fence,
            study=made.study,
            progress_done=made.images,
            progress_total=made.images,
            number_of_images=made.images,
            without_file=made.without_file,
            raters=made.raters,
            ratings=made.ratings,
            data_sha256=made.data_sha256,
        )


def _give_up(job: Job) -> None:
    _fail(
        job,
        _(
            "The import was interrupted; nothing was imported. Try it again; if it happens again, "
            "ask an administrator of this site what the worker’s log says."
        ),
    )


def _fail(job: Job, reason: str) -> None:
    leases.fail(DatasetImport, job.pk, job.fence, error=reason)
