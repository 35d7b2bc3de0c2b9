"""Asking for an import, by form or API: uploads are staged, and a job waits for a worker."""

from typing import Any

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from workbench.accounts.limits import count_use
from workbench.accounts.models import User
from workbench.core.errors import MintError
from workbench.core.jobs import leases
from workbench.core.jobs.queue import enqueue

from ...models import ImportJob, Study
from ..mapping.as_json import to_json
from ..mapping.own import manifest_mapping
from .service import ImportOptions
from .staging import stage_all, unstage

RUN_IMPORT = "annotation.stimuli.tasks.run_import"


class ImportActiveError(MintError):
    """The study already has an import under way."""

    code = "import_active"
    status = 409


def request_import(
    *,
    study: Study,
    actor: User,
    manifest: "File[bytes] | None",
    images: "File[bytes] | None",
    partial: bool,
    options: ImportOptions,
    address: str = "",
) -> ImportJob:
    """Keep the uploads where every worker finds them, and queue their import. Images without a
    manifest are their own. address: of a remote source, instead of both.

    Raises UploadNotKeptError if they cannot be kept, ImportActiveError if an import is under way,
    and TooOftenError; nothing of them stays then.
    """
    count_use(actor, "import")
    if manifest is None:
        manifest, images = images, None
    if manifest is None and not address:
        raise ValueError("neither a manifest nor images")
    staged = stage_all(manifest, images)
    try:
        with transaction.atomic():
            job = ImportJob.objects.create(
                study=study,
                actor=actor,
                manifest=staged[0],
                images=staged[1],
                address=address,
                manifest_name=(manifest.name or "") if manifest else address[:300],
                images_name=(images.name or "") if images else "",
                partial=partial,
                labels_only=options.labels_only,
                purpose=options.purpose,
                dry_run=options.dry_run,
                mapping=_mapping(study, options),
                ratings=bool(options.ratings_of),
                source=options.ratings_of,
                constants=dict(options.constants),
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


def _mapping(study: Study, options: ImportOptions) -> dict[str, Any]:
    """Empty if the worker is to suggest one, or none is needed."""
    if options.suggest or options.ratings_of:
        return {}
    keys = [item.key for item in study.perspective_settings]
    return to_json(options.mapping or manifest_mapping(keys))
