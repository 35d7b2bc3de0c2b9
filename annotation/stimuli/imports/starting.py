"""Asking for an import, by form or API: uploads are staged, and a job waits for a worker."""

import uuid
from contextlib import suppress
from typing import Any

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from workbench.accounts.limits import count_use
from workbench.accounts.models import User
from workbench.core.errors import MintError
from workbench.core.jobs import leases
from workbench.core.jobs.queue import enqueue
from workbench.core.uploads import UploadNotKeptError

from ...models import ImportJob, Study
from ..mapping.as_json import to_json
from ..mapping.own import manifest_mapping
from .service import ImportOptions
from .staging import discard, stage, unstage

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
) -> ImportJob:
    """Keep the uploads where every worker finds them, and queue their import. Images without a
    manifest are their own.

    Raises UploadNotKeptError if they cannot be kept, ImportActiveError if an import is under way,
    and TooOftenError; nothing of them stays then.
    """
    count_use(actor, "import")
    if manifest is None:
        manifest, images = images, None
    if manifest is None:
        raise ValueError("neither a manifest nor images")
    folder = f"imports/{uuid.uuid4().hex}"
    try:
        staged = [stage(folder, manifest), stage(folder, images)]
    except OSError as error:
        with suppress(OSError):  # a bucket that is away cannot be tidied up either
            discard(folder)
        raise UploadNotKeptError.because(error) from error
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
                dry_run=options.dry_run,
                mapping=_mapping(study, options),
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
    """Empty if the worker is to suggest one."""
    if options.suggest:
        return {}
    keys = [item.key for item in study.perspective_settings]
    return to_json(options.mapping or manifest_mapping(keys))
