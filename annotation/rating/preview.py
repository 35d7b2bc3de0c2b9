"""What the preview of a study shows, read without a rater, a session or a trial."""

from collections.abc import Iterable
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef

from ..models import Stimulus, Study
from ..opinion.imported import imported_scores, known_units
from ..protocol.document import ImageSize, ProtocolDocument
from ..protocol.practice import expectation
from ..protocol.sessions import SessionState
from ..raters.access import Access, SessionFacts, StudyFacts
from ..studies.counting import served_stimuli

#: Enough to see the end of practice, and of the session.
PRACTICE_SHOWN = 2
MAIN_SHOWN = 5
#: Of the signed links, none carries it: what is sent with it is refused.
NOBODY = "preview"


def preview_access(study: Study, state: SessionState | None) -> Access:
    """An access for nobody: no rater has the id 0, and no link the code."""
    facts = StudyFacts(
        study.pk,
        Study.Status.OPEN,
        study.session_trials,
        study.lease_seconds,
        study.audit_share,
        study.holdout_share,
        study.teaching_share,
    )
    session = SessionFacts(0, state, 0, 0) if state else None
    return Access(0, f"{NOBODY}-{study.pk}", "active", 0, facts, session)


def preview_passes(protocol: ProtocolDocument) -> list[list[str]]:
    """What is asked in each pass over the images."""
    return [[item.key for item in protocol.asked_now(scored)] for scored in range(protocol.passes)]


def preview_trials(study: Study) -> list[dict[str, Any]]:
    """Images of the study as the rating API would offer them, practice first, with what is
    expected of them; empty if it has none yet."""
    images = served_stimuli(study).select_related("prompt").order_by("shuffle")
    practice = images.filter(
        Exists(imported_scores(study.pk).filter(stimulus=OuterRef("pk"))),
        purpose=Stimulus.Purpose.PRACTICE,
    )
    shown = min(study.plan.practice_trials, PRACTICE_SHOWN)
    trials = [_trial(study, item, True, _feedback(study, item)) for item in practice[:shown]]
    main = images.filter(purpose=Stimulus.Purpose.MAIN)[:MAIN_SHOWN]
    return trials + [_trial(study, item, False, []) for item in main]


def _trial(
    study: Study, stimulus: Stimulus, practice: bool, feedback: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "practice": practice,
        "prompt": stimulus.prompt.text,
        "image": {
            "url": default_storage.url(_shown(study, stimulus)),
            "width": stimulus.width,
            "height": stimulus.height,
        },
        "feedback": list(feedback),
        "asked_up_to": study.asking.up_to(0, stimulus.pk),
    }


def _shown(study: Study, stimulus: Stimulus) -> str:
    exact = study.image_size == ImageSize.PIXELS and stimulus.exact.name
    return str(exact or stimulus.display.name)


def _feedback(study: Study, stimulus: Stimulus) -> Iterable[dict[str, Any]]:
    scores = known_units(imported_scores(study.pk).filter(stimulus=stimulus))
    known = {key: unit for (_stimulus, key), unit in scores.items()}
    for item in study.perspective_settings:
        if item.key in known:
            found = expectation(item.key, item.scale, known[item.key])
            yield {
                "perspective": item.key,
                "expected": found.expected,
                "low": found.low,
                "high": found.high,
            }
