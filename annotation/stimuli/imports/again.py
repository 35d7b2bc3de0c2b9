"""What can be done with an import that was asked for: cancel it, or try it again with its files.

The files of a failed import stay for a while, so that nobody has to send them a second time; of
several in one study, those of the latest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.errors import MintError
from workbench.core.jobs import leases
from workbench.core.jobs.models import JobState
from workbench.core.jobs.queue import enqueue

from ...models import ImportJob
from ...studies.audit import record
from ..importing.manifest import REQUIRED
from .staging import forget_files
from .starting import RUN_IMPORT, ImportActiveError

#: How long the files of a failed import are kept.
KEPT = timedelta(days=7)
#: Columns that may be the same for all rows.
CONSTANT = ("prompt", "generator")
_LONGEST_NAME = 300
#: Copied from the import that is tried again.
_SAME = (
    "manifest",
    "images",
    "manifest_name",
    "images_name",
    "labels_only",
    "purpose",
    "mos_minimum",
    "mos_scale",
    "direction",
    "score_kind",
)


class ImportOverError(MintError):
    """An import that is over, or whose rows are being written, cannot be cancelled."""

    code = "import_over"
    status = 409


class NothingToRetryError(MintError):
    """An import whose files are gone, or that did not fail."""

    code = "import_not_repeatable"
    status = 409


class ColumnsError(MintError):
    """A column of the manifest that cannot be named so."""

    code = "columns_invalid"
    status = 400


@dataclass(frozen=True)
class Mapped:
    """What a manifest's own columns are called: `columns`, by the workbench's name; and what is
    the same for all rows and in no column: `constants`."""

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, known in (("columns", REQUIRED), ("constants", CONSTANT)):
            given = getattr(self, name)
            unknown = sorted(set(given) - set(known))
            if unknown:
                raise ColumnsError(
                    _("“%(name)s” is no column of a manifest to be given; these are: %(known)s.")
                    % {"name": unknown[0], "known": ", ".join(known)}
                )
            if any(len(value) > _LONGEST_NAME for value in given.values()):
                raise ColumnsError(
                    _("A column’s name, or what stands for it, has at most %(most)d characters.")
                    % {"most": _LONGEST_NAME}
                )


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
    *, job: ImportJob, actor: User | None, partial: bool = False, mapped: Mapped = Mapped()
) -> ImportJob:
    """Tries a failed import again, with the files that it was given; they are the new job's then.

    partial: import the good rows only. Raises NothingToRetryError, or ImportActiveError if another
    import into the study is under way.
    """
    try:
        with transaction.atomic():
            old = ImportJob.objects.select_for_update(no_key=True, of=("self",)).get(pk=job.pk)
            if old.state != JobState.FAILED or not old.manifest:
                raise NothingToRetryError(
                    _("The files of this import are not kept any more. Send them again.")
                )
            new = ImportJob.objects.create(
                study=job.study,
                actor=actor,
                partial=partial,
                column_names=dict(mapped.columns) or old.column_names,
                column_values=dict(mapped.constants) or old.column_values,
                lease_expires_at=leases.lease_end(),
                **_same(old),
            )
            ImportJob.objects.filter(pk=old.pk).update(manifest="", images="")
            enqueue(RUN_IMPORT, new.pk)
    except IntegrityError as error:
        raise ImportActiveError(
            _("An import into “%(study)s” is in progress; wait until it is done.")
            % {"study": job.study.title}
        ) from error
    return new


def forget_old_files() -> None:
    """Deletes the files of imports that failed long ago."""
    old = ImportJob.objects.filter(
        state=JobState.FAILED, finished_at__lt=timezone.now() - KEPT
    ).exclude(manifest="")
    for job in old:
        forget_files(job)


def _same(job: ImportJob) -> dict[str, Any]:
    return {name: getattr(job, name) for name in _SAME}
