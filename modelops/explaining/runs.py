"""Explaining: a model version answers its study's questions about the study's stimuli.

A turn takes a few stimuli that the version has not explained yet, writes each one's answers
together, and asks for the next turn. A turn that is done twice writes the same over the same; one
that dies is handed on by the sweep of leases.
"""

from functools import partial

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from annotation.models import Stimulus
from annotation.protocol.perspectives import ALL_TOGETHER
from annotation.protocol.questions import parse_answer
from annotation.studies.counting import scored_stimuli
from workbench.core.jobs import leases
from workbench.core.jobs.models import ACTIVE_STATES, Job
from workbench.core.jobs.queue import enqueue

from ..errors import CannotExplainError
from ..models import ExplainingRun, ModelVersion, PredictedExplanation
from ..predictors.store import version_model
from ..registry.failures import failing
from ..registry.queue import EXPLAIN
from .selectors import questions_of
from .store import pipeline_of
from .training_service import answer_stimuli, stage2_of

log = structlog.get_logger(__name__)


def start_explaining(*, version: ModelVersion) -> ExplainingRun:
    """Starts to explain the stimuli that `version` has not explained yet.

    Returns the run that is already active, if any. Raises CannotExplainError if the version was
    trained without explanations.
    """
    require_explanations(version)
    run, created = version.explaining_runs.filter(state__in=ACTIVE_STATES).get_or_create(
        model_version=version,
        defaults={
            "study_id": version.study_id,
            "stage": "explaining",
            "progress_total": unexplained_stimuli(version).count(),
            "lease_expires_at": leases.lease_end(),
        },
    )
    if created:
        enqueue(EXPLAIN, run.pk)
    return run


def require_explanations(version: ModelVersion) -> None:
    """Raises CannotExplainError."""
    if not version.explains:
        raise CannotExplainError(
            _("Version %(number)d was trained without explanations. Retrain with explanations.")
            % {"number": version.number}
        )


def unexplained_stimuli(version: ModelVersion) -> QuerySet[Stimulus]:
    """Stimuli with an image that `version` has neither explained nor found unreadable."""
    explained = PredictedExplanation.objects.filter(model_version=version, stimulus=OuterRef("pk"))
    unreadable = {
        problem["stimulus"]
        for problems in version.explaining_runs.values_list("problems", flat=True)
        for problem in problems
    }
    stimuli = scored_stimuli(version.study_id)
    return stimuli.filter(~Exists(explained)).exclude(pk__in=unreadable)


def explain_some(*, run_id: int) -> None:
    """One turn; does nothing if another worker has it, or the run is over.

    An image that cannot be read is noted on the run. An error that another attempt would meet
    again (files gone, disk full) fails the run with its message.
    """
    fence = leases.claim(ExplainingRun, run_id)
    if fence is None:
        return
    run = ExplainingRun.objects.select_related("model_version__study").get(pk=run_id)
    try:
        with (
            failing("explaining", run_id, partial(leases.fail, ExplainingRun, run_id, fence)),
            leases.kept(ExplainingRun, run_id, fence),
        ):
            _turn(run, fence)
    except leases.LostLeaseError:
        log.warning("explaining was taken over", run=run_id)


def give_up(run: Job) -> None:
    """Fails a run whose turns killed too many workers."""
    error = _(
        "Explaining stopped its worker %(attempts)d times. It probably ran out of memory: ask an "
        "administrator of this site to read the worker's log and give it more, then explain again."
    )
    leases.fail(ExplainingRun, run.pk, run.fence, error=error % {"attempts": run.attempts})


def _turn(run: ExplainingRun, fence: int) -> None:
    version = run.model_version
    size = stage2_of(version.kind).turn_size
    waiting = unexplained_stimuli(version).select_related("prompt")
    stimuli = list(waiting.order_by("pk")[:size])
    if stimuli:
        answered, problems = _answers(version, stimuli)
        with transaction.atomic():
            # First, because it locks the run: a worker that lost the run stops here.
            leases.renew(
                ExplainingRun,
                run.pk,
                fence,
                problems=[*run.problems, *problems],
                progress_done=run.progress_done + len(stimuli),
                progress_total=max(run.progress_total, run.progress_done + len(stimuli)),
            )
            PredictedExplanation.objects.bulk_create(
                answered,
                update_conflicts=True,
                unique_fields=["model_version", "stimulus", "perspective"],
                update_fields=["text", "phrases"],
            )
    # Queried again: unreadable images are not waited for.
    if unexplained_stimuli(version).exists():
        leases.postpone(ExplainingRun, run.pk, fence)
        enqueue(EXPLAIN, run.pk)
    else:
        leases.succeed(ExplainingRun, run.pk, fence)


def _answers(
    version: ModelVersion, stimuli: list[Stimulus]
) -> tuple[list[PredictedExplanation], list[dict[str, object]]]:
    """What to store of `stimuli`, and why some of them cannot be read."""
    questions = questions_of(version.study)
    rows, found, problems = answer_stimuli(
        pipeline_of(version_model(version)), questions, stimuli, version.kind
    )
    perspectives = {row.key: row for row in version.study.perspectives.all()}
    answered = [
        PredictedExplanation(
            stimulus=stimuli[row],
            model_version=version,
            perspective=None if key == ALL_TOGETHER else perspectives[key],
            text=text,
            phrases=parse_answer(questions.form, text),
        )
        for row, answers in zip(rows, found, strict=True)
        for key, text in answers.items()
    ]
    return answered, problems
