"""Asking for a study of a dataset release: the uploads are staged, and a job waits for a worker."""

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from workbench.accounts.limits import count_use
from workbench.accounts.models import User
from workbench.core.jobs import leases
from workbench.core.jobs.queue import enqueue

from ...models import DatasetImport
from ..imports.again import ImportOverError
from ..imports.staging import stage_all, unstage
from ..imports.starting import ImportActiveError

RUN = "annotation.stimuli.tasks.import_dataset"


def ask_for_import(
    *,
    actor: User,
    archive: "File[bytes]",
    images: "File[bytes] | None" = None,
    slug: str = "",
) -> DatasetImport:
    """Queues the import of a dataset release as a study of `actor`'s. images: a ZIP of pictures.

    Raises UploadNotKeptError if the files cannot be kept, ImportActiveError if the account has one
    under way, and TooOftenError; nothing of them stays then.
    """
    count_use(actor, "import")
    staged = stage_all(archive, images)
    try:
        with transaction.atomic():
            job = DatasetImport.objects.create(
                actor=actor,
                slug=slug,
                archive=staged[0],
                images=staged[1],
                archive_name=archive.name or "",
                images_name=(images.name or "") if images else "",
                lease_expires_at=leases.lease_end(),
            )
            enqueue(RUN, job.pk)
    except IntegrityError as error:
        unstage(staged)
        raise ImportActiveError(
            _("You have an import of a dataset release under way; wait until it is done.")
        ) from error
    return job


def cancel_import(*, job: DatasetImport) -> None:
    """Ends one that waits or is under way: nothing of it stays. Raises ImportOverError."""
    waited = job.started_at is None
    if not leases.cancel(DatasetImport, job.pk):
        raise ImportOverError(_("It is over already; there is nothing to cancel."))
    job.refresh_from_db()
    if waited:
        # Else its worker still reads them, and deletes them when it finds that it holds nothing.
        forget_files(job)


def forget_files(job: DatasetImport) -> None:
    """Deletes the uploads of a job that is over."""
    names = [job.archive, job.images]
    if job.archive and DatasetImport.objects.filter(pk=job.pk, archive=job.archive).update(
        archive="", images=""
    ):
        unstage(names)
