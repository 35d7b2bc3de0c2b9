"""Deleting a study with all that it has.

The study's row owns the job: once its state says so, the study is there for nobody, and whoever
comes first deletes it, the request or a worker. Files go before the rows that name them, so nothing
that is killed half-way leaves a file that nobody knows.
"""

from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.dispatch import Signal
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.jobs.queue import enqueue

from ..models import ImportJob, OpinionRelease, Rater, Stimulus, Study, Trial
from ..opinion.dataset.storing import forget_archives
from ..opinion.numbering import hold_off_writers
from ..stimuli.imports.staging import unstage
from ..stimuli.imports.store import ImportRunningError, study_lock
from ..studies.audit import record
from .errors import RemovalError, RemovalStateError
from .files import delete_files, files_only_of_study

#: Images and ratings that a request deletes while somebody waits.
QUICK_ROWS = 2000
DELETE = "annotation.removal.tasks.delete_study"

#: Asks what else a study has: each receiver is given `study` and answers {name: number}.
counting = Signal()
#: Sent inside the transaction, before the study's rows go: receivers delete what refers to them,
#: and the files of that.
deleting = Signal()

log = structlog.get_logger(__name__)

_OF_RATERS = "rater_id IN (SELECT id FROM annotation_rater WHERE study_id = %(study)s)"
_OF_TRIALS = "trial_id IN (SELECT id FROM annotation_trial WHERE study_id = %(study)s)"
_OF_WEBHOOKS = "webhook_id IN (SELECT id FROM annotation_webhook WHERE study_id = %(study)s)"
_OF_STUDY = "study_id = %(study)s"
#: What refers to others comes before them.
_ROWS = (
    ("annotation_score", _OF_TRIALS),
    ("annotation_explanation", _OF_TRIALS),
    ("annotation_message", _OF_RATERS),
    ("annotation_trial", _OF_STUDY),
    ("annotation_ratingsession", _OF_RATERS),
    ("annotation_scalelink", _OF_STUDY),
    ("annotation_datasetrelease", _OF_STUDY),
    ("annotation_opinionscore", _OF_STUDY),
    ("annotation_subjectestimate", _OF_STUDY),
    ("annotation_releaseperspective", _OF_STUDY),
    ("annotation_releaseprotocol", _OF_STUDY),
    ("annotation_releaserecord", _OF_STUDY),
    ("annotation_ratingserased", _OF_STUDY),
    ("annotation_opinionrelease", _OF_STUDY),
    ("annotation_participant", _OF_STUDY),
    ("annotation_rateridentity", _OF_RATERS),
    ("annotation_rater", _OF_STUDY),
    ("annotation_importjob", _OF_STUDY),
    ("annotation_datasetimport", _OF_STUDY),
    ("annotation_savedmapping", _OF_STUDY),
    ("annotation_webhookdelivery", _OF_WEBHOOKS),
    ("annotation_webhook", _OF_STUDY),
    ("annotation_sharedlink", _OF_STUDY),
    ("annotation_stimulus", _OF_STUDY),
    ("annotation_prompt", _OF_STUDY),
    ("annotation_generator", _OF_STUDY),
    ("annotation_protocol", _OF_STUDY),
    ("annotation_perspective", _OF_STUDY),
    ("annotation_membership", _OF_STUDY),
    ("annotation_study", "id = %(study)s"),
)


@dataclass(frozen=True)
class DeletionOutlook:
    """What goes with a study."""

    images: int
    #: Image files that no other study needs.
    files: int
    raters: int
    #: Submitted trials.
    ratings: int
    #: Names of its named releases.
    releases: tuple[str, ...]
    #: What others count: models, for example.
    others: dict[str, int] = field(default_factory=dict)


def deletion_outlook(study: Study) -> DeletionOutlook:
    named = OpinionRelease.objects.filter(study=study, state=OpinionRelease.State.NAMED)
    others: dict[str, int] = {}
    answers: list[tuple[Any, Any]] = counting.send(sender=Study, study=study)
    for _receiver, found in answers:
        others |= found
    return DeletionOutlook(
        images=Stimulus.objects.filter(study=study).count(),
        files=len(files_only_of_study(study)),
        raters=Rater.objects.filter(study=study).count(),
        ratings=Trial.objects.filter(study=study, state=Trial.State.SUBMITTED).count(),
        releases=tuple(named.values_list("name", flat=True)),
        others=others,
    )


def delete_study(*, study: Study, actor: User | None, confirm: str) -> bool:
    """Deletes the study for good: True if it is gone, False if a worker is to delete it, as for a
    large one.

    confirm: the study's slug, typed by who asks. From now on nobody finds the study or rates in
    it. The entry in the audit trail stays, like all others, without the study. Raises RemovalError
    if `confirm` is something else.
    """
    if confirm.strip() != study.slug:
        raise RemovalError(_("Type “%(slug)s” to confirm.") % {"slug": study.slug})
    outlook = deletion_outlook(study)
    with transaction.atomic():
        there = Study.objects.filter(pk=study.pk).exclude(status=Study.Status.DELETING)
        if not there.update(status=Study.Status.DELETING, archived_from=""):
            raise RemovalStateError(_("The study is being deleted already."))
        record(
            study=study,
            actor=actor,
            action="study.deleted",
            slug=study.slug,
            title=study.title,
            images=outlook.images,
            ratings=outlook.ratings,
            raters=outlook.raters,
            releases=list(outlook.releases),
        )
    if outlook.images + outlook.ratings <= QUICK_ROWS:
        return finish_deletion(study)
    enqueue(DELETE, study.pk)
    return False


def finish_deletion(study: Study) -> bool:
    """Deletes files and rows of a study that is to go; False if something is using it at the
    moment, such as an import: the next sweep tries again."""
    try:
        with study_lock(study):
            if not Study.objects.filter(pk=study.pk, status=Study.Status.DELETING).exists():
                return True
            delete_files(files_only_of_study(study))
            for job in ImportJob.objects.filter(study=study, finished_at=None):
                unstage([job.manifest, job.images])
            forget_archives(study)
            with transaction.atomic():
                hold_off_writers(study)
                deleting.send(sender=Study, study=study)
                _delete_rows(study)
    except (ImportRunningError, IntegrityError) as error:
        # An answer, or a job's result, may come in at that very moment.
        log.warning("study not deleted yet", study=study.slug, error=str(error))
        return False
    return True


def sweep_deletions() -> None:
    """Deletes what a lost message or a dead worker left."""
    for study in Study.objects.filter(status=Study.Status.DELETING):
        finish_deletion(study)


def _delete_rows(study: Study) -> None:
    # The one way in which the trail lets go of a study: in the transaction that deletes it
    # (`models.constraints.Unchanging`).
    statements = [
        "UPDATE annotation_auditentry SET study_id = NULL WHERE study_id = %(study)s",
        *(f"DELETE FROM {table} WHERE {which}" for table, which in _ROWS),  # noqa: S608
    ]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, {"study": study.pk})
