"""Asking for a training run, by a person or by the number of new ratings."""

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from annotation.models import Study
from annotation.selectors.labels import count_labels
from annotation.services import audit
from workbench.accounts.models import User
from workbench.jobs.leases import lease_end
from workbench.jobs.models import JobState
from workbench.jobs.queue import enqueue

from ..errors import RunActiveError, TooFewLabelsError
from ..learning.recipe import Recipe, default_recipe
from ..models import TrainingRun
from .queue import TRAIN

log = structlog.get_logger(__name__)


def request_retrain(
    *,
    study: Study,
    actor: User | None,
    trigger: str,
    promote_when_done: bool = False,
    explanations: bool = False,
    recipe: Recipe | None = None,
) -> TrainingRun:
    """Queues a training run on the study's labels; with `explanations` also one of stage 2.

    Raises TooFewLabelsError where too few images outside the hold-out are labelled, RunActiveError
    where a run is not over; the database decides between two requests at once.
    """
    recipe = recipe or default_recipe(settings.MODEL_PRESET, explanations=explanations)
    require_labels(count_labels(study).pool, recipe.minimum_labels)
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(
                study=study,
                trigger=trigger,
                requested_by=actor,
                promote_when_done=promote_when_done,
                recipe=recipe.to_json(),
                # Until then the message that wakes a worker counts as on its way.
                lease_expires_at=lease_end(),
            )
            audit.record(study=study, actor=actor, action="training.requested", run=run.pk)
    except IntegrityError as error:
        raise RunActiveError(
            _("A training run of this study is not over yet. Wait until it is, then retrain.")
        ) from error
    enqueue(TRAIN, run.pk)
    return run


def require_labels(found: int, needed: int) -> None:
    """Raises TooFewLabelsError, which says how many images are labelled and how many must be."""
    if found < needed:
        raise TooFewLabelsError(
            _(
                "Too few labels: %(found)d images outside the hold-out are rated, %(needed)d are "
                "needed. Rate %(missing)d more images, then retrain."
            )
            % {"found": found, "needed": needed, "missing": needed - found}
        )


def retrain_where_due() -> list[TrainingRun]:
    """Queues a run for each study that has collected `retrain_every` ratings since its labels were
    last snapshotted. A candidate of such a run promotes itself, unless it is worse."""
    runs = []
    for study in Study.objects.filter(retrain_every__gt=0):
        if not _is_due(study):
            continue
        try:
            runs.append(
                request_retrain(
                    study=study,
                    actor=None,
                    trigger=TrainingRun.Trigger.SCHEDULE,
                    promote_when_done=True,
                )
            )
        except (RunActiveError, TooFewLabelsError) as error:
            log.info("not retrained yet", study=study.slug, reason=error.message)
    return runs


def _is_due(study: Study) -> bool:
    last_run = study.training_runs.first()
    if last_run is not None and last_run.state == JobState.FAILED and last_run.snapshot is None:
        # It failed before it saw a label and would again; a person has to look first.
        return False
    # Of the latest run that saw labels: the same labels twice are one snapshot, with the first
    # one's date.
    saw = study.training_runs.exclude(snapshot=None).order_by("-created_at", "-pk").first()
    known = saw.snapshot.ratings if saw and saw.snapshot else 0
    return count_labels(study).ratings - known >= study.retrain_every
