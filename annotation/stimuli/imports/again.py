"""What can be done with an import that was asked for: cancel it, or try it again with its files.

The files of a failed import stay for a while, so that nobody has to send them a second time; of
several in one study, those of the latest.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.errors import MintError
from workbench.core.jobs import leases
from workbench.core.jobs.models import JobState
from workbench.core.jobs.queue import enqueue

from ...models import ImportJob
from ...studies.audit import record
from ..mapping.as_json import to_json
from ..mapping.document import TableMapping
from ..mapping.own import Fills, refuse_constants, refuse_fills
from .staging import forget_files
from .starting import RUN_IMPORT, ImportActiveError

#: How long the files of a failed import are kept.
KEPT = timedelta(days=7)
#: Copied from the import that is tried again.
_SAME = (
    "manifest",
    "images",
    "manifest_name",
    "images_name",
    "labels_only",
    "purpose",
    "mapping",
    "constants",
    "fills",
    "ratings",
    "source",
    "address",
)


class ImportOverError(MintError):
    """An import that is over, or whose rows are being written, cannot be cancelled."""

    code = "import_over"
    status = 409


class NothingToRetryError(MintError):
    """An import whose files are gone, or that did not fail."""

    code = "import_not_repeatable"
    status = 409


def cancel_import(*, job: ImportJob, actor: User | None) -> None:
    """Ends an import that waits or is under way: nothing of it stays. Raises ImportOverError if it
    is over, or its rows are already being written."""
    with transaction.atomic():
        locked = ImportJob.objects.select_for_update(no_key=True, of=("self",)).get(pk=job.pk)
        waited = locked.state == JobState.QUEUED
        if not leases.cancel(ImportJob, job.pk):
            raise ImportOverError(_("It is over already; there is nothing to cancel."))
        record(study=job.study, actor=actor, action="import.cancelled", job=job.pk)
    job.refresh_from_db()
    if waited:
        # Else its worker still reads them, and deletes them when it finds that it holds nothing.
        forget_files(job)


def retry_import(
    *,
    job: ImportJob,
    actor: User | None,
    partial: bool = False,
    mapping: TableMapping | None = None,
    constants: Mapping[str, str] | None = None,
    fills: Fills | None = None,
    dry_run: bool = False,
) -> ImportJob:
    """Tries a failed import or a dry run again, with the files that it was given; they are the new
    job's then.

    partial: import the good rows only. mapping, constants: instead of those that it had; fills:
    besides them. Raises MappingError, NothingToRetryError, or ImportActiveError if another import
    into the study is under way.
    """
    try:
        with transaction.atomic():
            old = ImportJob.objects.select_for_update(no_key=True, of=("self",)).get(pk=job.pk)
            if not kept_files().filter(pk=old.pk).exists():
                raise NothingToRetryError(
                    _("The files of this import are not kept any more. Send them again.")
                )
            new = ImportJob.objects.create(
                study=job.study,
                actor=actor,
                partial=partial,
                dry_run=dry_run,
                lease_expires_at=leases.lease_end(),
                **(_same(old) | _changes(mapping, constants) | _filled(old, fills)),
            )
            ImportJob.objects.filter(pk=old.pk).update(manifest="", images="", address="")
            enqueue(RUN_IMPORT, new.pk)
    except IntegrityError as error:
        raise ImportActiveError(
            _("An import into “%(study)s” is in progress; wait until it is done.")
            % {"study": job.study.title}
        ) from error
    return new


def kept_files() -> QuerySet[ImportJob]:
    """The imports that can be tried again: their files are kept."""
    over = Q(state=JobState.FAILED) | Q(state=JobState.SUCCEEDED, dry_run=True)
    return ImportJob.objects.filter(over).exclude(manifest="", address="")


def forget_old_files() -> None:
    """Deletes the files of imports that failed, or were tried out, long ago."""
    for job in kept_files().filter(finished_at__lt=timezone.now() - KEPT):
        forget_files(job)


def _changes(mapping: TableMapping | None, constants: Mapping[str, str] | None) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if mapping is not None:
        changes["mapping"] = to_json(mapping)
    if constants is not None:
        refuse_constants(constants)
        changes["constants"] = dict(constants)
    return changes


def _filled(job: ImportJob, fills: Fills | None) -> dict[str, Any]:
    """What was said of single images before, and is said of them now."""
    said = {name: {**job.fills.get(name, {}), **now} for name, now in (fills or {}).items()}
    both = {**job.fills, **said}
    refuse_fills(both)
    return {"fills": both}


def _same(job: ImportJob) -> dict[str, Any]:
    return {name: getattr(job, name) for name in _SAME}
