"""Scoring: a model version predicts the stimuli of its study, in small repeatable chunks.

A chunk may be done twice without harm, so a killed worker costs one chunk; the run is over when
none is pending, and ends exactly once.
"""

from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F, Func, IntegerField, JSONField, QuerySet, Sum, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.models import Stimulus
from workbench.core.jobs import leases
from workbench.core.jobs.history import Event, entry, with_entry
from workbench.core.jobs.models import ACTIVE_STATES, JobState
from workbench.core.jobs.queue import enqueue, enqueue_each

from ..acquisition import ranking
from ..acquisition.embeddings import looks_of
from ..explaining.runs import start_explaining
from ..models import ModelVersion, Prediction, ScoringChunk, ScoringRun
from ..predictors import float8
from ..predictors.embedding import Embedded
from ..predictors.prompts import record_reading
from ..predictors.registry import PREDICTORS
from ..predictors.store import VersionModel, version_model
from ..registry.failures import failing
from ..registry.queue import FINISH_SCORING, SCORE_CHUNK
from ..registry.selectors import new_stimuli, unscored_stimuli
from . import promotion
from .tracking import TRACK, is_tracked

#: How often a chunk is begun before it counts as the cause of its workers' deaths.
MAX_CHUNK_ATTEMPTS = 5


def score_new_stimuli() -> None:
    """Has the active version of each predictor predict images that came after its scoring."""
    for version in ModelVersion.objects.filter(state=ModelVersion.State.ACTIVE):
        last = version.scoring_runs.first()
        if last is not None and last.state != JobState.SUCCEEDED:
            continue  # under way, or failed with a message that a person has to read
        if new_stimuli(version).exists():
            start_scoring(version=version)


def start_scoring(*, version: ModelVersion) -> ScoringRun:
    """Starts to predict the stimuli that `version` has not predicted yet, also those whose image
    could not be read: its file may be fixed by now.

    Returns the run that is already active, if any.
    """
    with transaction.atomic():
        run, created = version.scoring_runs.filter(state__in=ACTIVE_STATES).get_or_create(
            model_version=version,
            defaults={
                "study_id": version.study_id,
                "state": JobState.RUNNING,
                "stage": "scoring",
                "started_at": timezone.now(),
                "lease_expires_at": leases.lease_end(),
                "history": [entry(Event.STAGE, stage="scoring")],
            },
        )
        if created:
            _create_chunks(run, version)
    if created:
        wake_workers(run)
    return run


def wake_workers(run: ScoringRun) -> None:
    """Asks for every pending chunk, or for the end of the run if none is left."""
    pending = list(_pending(run.pk).order_by("index").values_list("pk", flat=True))
    enqueue_each(SCORE_CHUNK, [(chunk,) for chunk in pending])
    if not pending:
        enqueue(FINISH_SCORING, run.pk)


def score_chunk(*, chunk_id: int) -> None:
    """Predicts one chunk; does nothing if it is done, or its run is over.

    An image that cannot be read is noted on the chunk. An error that another attempt would meet
    again (files gone, disk full) fails the run with its message.
    """
    chunk = (
        ScoringChunk.objects.select_related("run__model_version__predictor")
        .filter(pk=chunk_id, state=ScoringChunk.State.PENDING, run__state=JobState.RUNNING)
        .first()
    )
    if chunk is None or not _begin(chunk):
        return
    with failing("scoring", chunk.run_id, partial(_fail, chunk.run_id)):
        _predict(chunk)
    record_progress(run_id=chunk.run_id)
    finish_scoring(run_id=chunk.run_id)


def record_progress(*, run_id: int) -> None:
    """Recounts from the chunks what is done, and renews the lease."""
    size = Func(F("stimulus_ids"), function="cardinality", output_field=IntegerField())
    done = ScoringChunk.objects.filter(run=run_id, state=ScoringChunk.State.DONE)
    total = done.aggregate(total=Sum(size))["total"] or 0
    ScoringRun.objects.filter(pk=run_id, state=JobState.RUNNING).update(
        progress_done=total, attempts=0, lease_expires_at=leases.lease_end()
    )


def finish_scoring(*, run_id: int) -> bool:
    """Ends a run whose chunks are all done: ranking, state, and what waits for it.

    True for the one caller that ended it. To be called outside a transaction, so that of two last
    chunks at least one sees both.
    """
    running = ScoringRun.objects.filter(pk=run_id, state=JobState.RUNNING)
    run = running.select_related("model_version__study", "model_version__predictor").first()
    if run is None or _pending(run.pk).exists():
        return False
    ended = 0
    with failing("scoring", run.pk, partial(_fail, run.pk)):
        ranked = ranking.publish_ranking(run.model_version)
        labels = promotion.labels_to_decide_by(run.model_version)
        record_reading(run.model_version.study, run.model_version.predictor.backbone)
        with transaction.atomic():
            # The state and its consequences together, or neither.
            ended = running.update(
                state=JobState.SUCCEEDED,
                finished_at=timezone.now(),
                lease_expires_at=None,
                history=with_entry(Event.SUCCEEDED),
            )
            if ended:
                leases.tell_end(ScoringRun, run.pk)
                promotion.after_scoring(run.model_version, ranked, labels)
                if is_tracked():
                    enqueue(TRACK, run.model_version_id)
                if run.model_version.explains:
                    start_explaining(version=run.model_version)
    return bool(ended)


def _create_chunks(run: ScoringRun, version: ModelVersion) -> None:
    stimuli = list(unscored_stimuli(version).order_by("pk").values_list("pk", flat=True))
    run.progress_total = len(stimuli)
    run.save(update_fields=["progress_total"])
    # Seconds of work, even if a full-size model has only a processor, so that a chunk is done
    # long before the queue hands it out again. SCORING_CHUNK says otherwise for GPUs.
    size = settings.SCORING_CHUNK or PREDICTORS[version.kind].chunk_size
    ScoringChunk.objects.bulk_create(
        ScoringChunk(run=run, index=start // size, stimulus_ids=stimuli[start : start + size])
        for start in range(0, len(stimuli), size)
    )


def _pending(run_id: int) -> QuerySet[ScoringChunk]:
    return ScoringChunk.objects.filter(run=run_id, state=ScoringChunk.State.PENDING)


def _begin(chunk: ScoringChunk) -> bool:
    """Counts the attempt; after too many the run fails, and it returns False."""
    begun = _pending(chunk.run_id).filter(pk=chunk.pk, attempts__lt=MAX_CHUNK_ATTEMPTS)
    if begun.update(attempts=F("attempts") + 1):
        return True
    if _pending(chunk.run_id).filter(pk=chunk.pk).exists():
        _fail(
            chunk.run_id,
            _(
                "Chunk %(index)d (%(count)d images) was started %(attempts)d times and never "
                "finished. Its workers probably ran out of memory: see their logs, give them "
                "more, and score again."
            )
            % {
                "index": chunk.index,
                "count": len(chunk.stimulus_ids),
                "attempts": MAX_CHUNK_ATTEMPTS,
            },
        )
    return False


def _predict(chunk: ScoringChunk) -> None:
    version = chunk.run.model_version
    model = version_model(version)
    # Those purged since the chunk was cut are left out.
    waiting = Stimulus.objects.filter(pk__in=chunk.stimulus_ids).exclude(sha256="")
    stimuli = list(waiting.select_related("prompt").order_by("pk"))
    embedded = model.embedder.embed(stimuli)
    predictions = _predictions(version, model, embedded)
    names = [(item.picture_sha256, item.prompt.text_sha256) for item in stimuli]
    looks = dict(zip((item.pk for item in stimuli), looks_of(version, names).tolist(), strict=True))
    how, why = float8.computed(version.backbone_sha256)
    with transaction.atomic():
        # A second worker on the same chunk writes the same numbers over the first one's.
        Prediction.objects.bulk_create(
            predictions,
            update_conflicts=True,
            unique_fields=["model_version", "stimulus", "perspective"],
            update_fields=["mean", "posterior_sd", "misfit_sd", "rater_sd"],
        )
        _pending(chunk.run_id).filter(pk=chunk.pk).update(
            state=ScoringChunk.State.DONE,
            problems=embedded.problems,
            looks=[looks.get(pk, 0) for pk in chunk.stimulus_ids],
            finished_at=timezone.now(),
        )
        # Workers of several machines may compute in several precisions.
        known = Coalesce("computed_in", Value({}, JSONField()))
        both = CombinedExpression(known, "||", Value({how: why}, JSONField()), JSONField())
        ScoringRun.objects.filter(pk=chunk.run_id).update(computed_in=both)


def _predictions(
    version: ModelVersion, model: VersionModel, embedded: Embedded
) -> list[Prediction]:
    stimuli = sorted(embedded.vectors)
    if not stimuli:
        return []
    predicted = model.last_layer.predict(embedded.matrix(stimuli))
    heads = list(version.heads.all())
    expected = [
        (stimulus, head, predicted.expectation(row, head.place))
        for row, stimulus in enumerate(stimuli)
        for head in heads
    ]
    return [
        Prediction(
            stimulus_id=stimulus,
            model_version=version,
            perspective=head.perspective,
            mean=found.mean,
            posterior_sd=found.posterior_sd,
            misfit_sd=found.misfit_sd,
            rater_sd=found.rater_sd,
        )
        for stimulus, head, found in expected
    ]


@transaction.atomic
def _fail(run_id: int, error: str) -> None:
    failed = ScoringRun.objects.filter(pk=run_id, state=JobState.RUNNING).update(
        state=JobState.FAILED,
        error=error,
        finished_at=timezone.now(),
        lease_expires_at=None,
        history=with_entry(Event.FAILED),
    )
    if failed:
        leases.tell_end(ScoringRun, run_id)
