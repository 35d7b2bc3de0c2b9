"""Assessing one uploaded image with its prompt: scores with their uncertainties, and explanations.

The web server has no model: a row holds the image until a worker has answered, and the result for
a day. The image does not become a stimulus and is not kept anywhere else.
"""

import threading
import time
from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.models import Study
from annotation.protocol.questions import parse_answer
from annotation.stimuli.importing.images import look_at, picture_in
from annotation.stimuli.importing.problems import ImageError
from workbench.core.jobs import leases
from workbench.core.jobs.models import Job, JobState
from workbench.core.jobs.queue import enqueue

from ..errors import ImageRefusedError, ImageTooLargeError, NoAssessmentError
from ..models import Assessment, Head, ModelVersion
from ..predictors.store import VersionModel, version_model
from ..registry.failures import failing
from ..registry.queue import ASSESS
from ..registry.units import expectation_on
from .selectors import questions_of
from .store import pipeline_of
from .training_service import decoding_of

if TYPE_CHECKING:
    from PIL.Image import Image

log = structlog.get_logger(__name__)

#: Of an uploaded file.
MAXIMUM_BYTES = 20 * 1024 * 1024
#: Characters of a prompt.
MAXIMUM_PROMPT = 10_000
#: How long a request waits for the worker before it answers that the result is not there yet: it
#: holds one of the web server's few threads, which raters need.
WAIT_SECONDS = 0.2
_LOOK_SECONDS = 0.02
#: Held by the one request of this process that waits.
_WAITING = threading.Lock()
#: In the result of one whose image cannot be read: its sender is at fault, not the worker.
REFUSED = "refused"
KEPT = timedelta(days=1)


def request_assessment(
    *,
    version: ModelVersion,
    filename: str,
    data: bytes,
    prompt: str,
    questions: Collection[str] = (),
) -> Assessment:
    """Queues one image. questions: which ones to answer, by their keys; all if none is named.

    Raises ImageRefusedError if the file is no image that could be imported; whether all of it can
    be read only the worker finds out.
    """
    if len(data) > MAXIMUM_BYTES:
        raise ImageTooLargeError(
            _("%(name)s has %(found)d MB; the limit is %(most)d MB. Save a smaller copy.")
            % {
                "name": filename,
                "found": len(data) // 1024**2,
                "most": MAXIMUM_BYTES // 1024**2,
            }
        )
    try:
        look_at(filename, data)
    except ImageError as error:
        raise ImageRefusedError(_why(error)) from error
    assessment = Assessment.objects.create(
        study_id=version.study_id,
        model_version=version,
        prompt=prompt,
        image=data,
        questions=list(questions),
        stage="assessing",
        lease_expires_at=leases.lease_end(),
    )
    enqueue(ASSESS, assessment.pk)
    return assessment


def is_next(assessment: Assessment) -> bool:
    """Whether no older one waits for a worker: else this one will not be answered at once."""
    waiting = Assessment.objects.filter(state=JobState.QUEUED, pk__lt=assessment.pk)
    return not waiting.exists()


def wait_for(assessment: Assessment, seconds: float) -> None:
    """Polls until the worker has answered or the time is over; one request of a process at a time,
    the others do not wait. Not to be called in a transaction, which would hide the job from the
    worker."""
    if not _WAITING.acquire(blocking=False):
        return
    try:
        _poll(assessment, seconds)
    finally:
        _WAITING.release()


def _poll(assessment: Assessment, seconds: float) -> None:
    end = time.monotonic() + seconds
    while assessment.is_active and (left := end - time.monotonic()) > 0:
        time.sleep(min(_LOOK_SECONDS, left))
        assessment.refresh_from_db()


def find_assessment(study: Study, pk: int) -> Assessment:
    """Raises NoAssessmentError."""
    found = study.assessments.select_related("model_version", "study").filter(pk=pk).first()
    if found is None:
        raise NoAssessmentError(
            _("This study has no assessment %(number)d; results are kept for a day. Upload again.")
            % {"number": pk}
        )
    return found


def assess(*, assessment_id: int) -> None:
    """Answers one image; does nothing if another worker has it, or it is answered."""
    fence = leases.claim(Assessment, assessment_id)
    if fence is None:
        return
    row = Assessment.objects.select_related("model_version__study", "model_version__predictor").get(
        pk=assessment_id
    )
    fail = partial(leases.fail, Assessment, assessment_id, fence, image=None)
    try:
        with (
            failing("assessment", assessment_id, fail),
            leases.kept(Assessment, assessment_id, fence),
        ):
            _finish(row, fence)
    except leases.LostLeaseError:
        log.warning("an assessment was taken over", assessment=assessment_id)


def give_up(run: Job) -> None:
    """Fails an assessment that killed too many workers."""
    error = _(
        "Looking at this image stopped its worker %(attempts)d times. Try a smaller image, or ask "
        "an administrator of this site what the worker's log says."
    )
    message = error % {"attempts": run.attempts}
    leases.fail(Assessment, run.pk, run.fence, error=message, image=None)


def forget_old() -> None:
    """Deletes what is older than a day."""
    Assessment.objects.filter(created_at__lt=timezone.now() - KEPT).delete()


def _finish(row: Assessment, fence: int) -> None:
    try:
        found = _assess(row)
    except ImageError as error:
        told = {"error": _why(error), "result": {REFUSED: True}}
        leases.fail(Assessment, row.pk, fence, image=None, **told)
    else:
        leases.succeed(Assessment, row.pk, fence, result=found, image=None)


def _why(error: ImageError) -> str:
    return f"{error.sentence(_)}; {error.advice(_)}"


def _assess(row: Assessment) -> dict[str, Any]:
    model = version_model(row.model_version)
    with picture_in("image", bytes(row.image or b"")) as image:
        scores = _scores(model, row.model_version.heads.all(), image, row.prompt)
        result: dict[str, Any] = {"scores": scores, "reading": _reading(model, row.prompt)}
        if row.model_version.explains:
            result["explanations"] = _explanations(model, image, row)
    return result


def _scores(
    model: VersionModel, heads: Iterable[Head], image: "Image", prompt: str
) -> dict[str, dict[str, float]]:
    embedded = model.backbone.embed([image], [prompt])
    for error in embedded.errors.values():
        raise error
    predicted = model.last_layer.predict(embedded.values)
    return {
        head.perspective.key: asdict(
            expectation_on(head.perspective.settings.scale, predicted.expectation(0, head.place))
        )
        for head in heads
    }


def _reading(model: VersionModel, prompt: str) -> dict[str, Any] | None:
    """What it reads of the prompt; None if its kind cannot say."""
    reader = model.reader
    if reader is None:
        return None
    (found,) = reader.read([prompt])
    return {
        "pieces": found.pieces,
        "limit": found.limit,
        "read": prompt[: found.end],
        "unread": prompt[found.end :].strip() if found.cut else "",
        "unknown": list(found.unknown),
        "unreadable": found.knows_none,
    }


def _explanations(model: VersionModel, image: "Image", row: Assessment) -> dict[str, Any]:
    pipeline = pipeline_of(model)
    inputs = pipeline.scores.processor([image], [row.prompt])
    decoding = decoding_of(row.model_version.kind)
    questions = questions_of(row.model_version.study)
    # In the study's order; one whose perspective has been removed since is left out.
    asked = [key for key in questions.texts if not row.questions or key in row.questions]
    answers = pipeline.answer(inputs, [questions.texts[key] for key in asked], decoding)
    return {
        key: {"text": text, "phrases": parse_answer(questions.form, text)}
        for key, (text,) in zip(asked, answers, strict=True)
    }
