"""The JSON of the rating API, built by hand: a rating should cost no more than it must."""

from dataclasses import replace
from typing import Any

from django.core.files.storage import default_storage

from ...protocol.document import ImageSize, ProtocolDocument
from ...raters.access import Access, SessionFacts
from ...studies.texts import StudyTexts
from ..claims import Offer
from ..facts import BlockPlace, OfferedTrial
from ..last_answer import LastAnswer
from ..submission import Submission
from ..totals import progress_of


def trial_json(protocol: ProtocolDocument, trial: OfferedTrial) -> dict[str, Any]:
    return {
        "id": trial.id,
        "position": trial.position,
        "block": trial.block,
        "practice": trial.practice,
        "prompt": trial.prompt,
        "image": {
            "url": default_storage.url(_shown(protocol, trial)),
            "width": trial.width,
            "height": trial.height,
        },
        "lease_expires_at": trial.lease_expires_at,
        "asked_up_to": trial.asked_up_to,
        "perspectives": [item.key for item in protocol.asked_now(trial.scored)],
        "scores": None,
    }


def _shown(protocol: ProtocolDocument, trial: OfferedTrial) -> str:
    """The file to show: pixel by pixel, a large image's copy at its own size."""
    exact = protocol.image_size == ImageSize.PIXELS and trial.exact
    return exact or trial.display


def offer_json(access: Access, offer: Offer) -> dict[str, Any]:
    protocol = access.protocol
    return {
        "trials": [trial_json(protocol, trial) for trial in offer.trials],
        "progress": {"done": offer.answered, "total": offer.total},
        "block": _block_json(offer.block),
        "state": offer.state,
        "rest_seconds": offer.rest,
        "messages": access.unread,
    }


def _block_json(block: BlockPlace | None) -> dict[str, int] | None:
    return {"number": block.number, "done": block.done, "size": block.size} if block else None


def claim_json(access: Access, offer: Offer, last: LastAnswer | None) -> dict[str, Any]:
    return {**offer_json(access, offer), "previous": _last_json(access, last) if last else None}


def _last_json(access: Access, last: LastAnswer) -> dict[str, Any]:
    protocol = access.protocol
    names = [item.key for item in protocol.perspectives if item.key in last.scores]
    return {
        "trial": {**trial_json(protocol, last.trial), "perspectives": names},
        "answer": {"scores": last.scores, "explanations": last.reasons},
    }


def submission_json(access: Access, submission: Submission) -> dict[str, Any]:
    trial = {
        "id": submission.trial_id,
        "state": "submitted" if submission.whole else "leased",
        "revision": submission.revision,
    }
    feedback = [
        {
            "perspective": item.perspective,
            "expected": item.expected,
            "low": item.low,
            "high": item.high,
        }
        for item in submission.feedback
    ]
    return {"trial": trial, "feedback": feedback, **offer_json(access, submission.offer)}


def session_json(access: Access, session: SessionFacts | None) -> dict[str, Any]:
    """About `session`, which the request may have begun or ended since `access` was read."""
    access = replace(access, session=session)
    return {
        "session": {"id": session.id, "state": session.state} if session else None,
        "study": _study_json(access),
        "progress": _progress_json(access, session),
    }


def _study_json(access: Access) -> dict[str, Any]:
    protocol = access.protocol
    texts = StudyTexts(protocol.texts.translations)
    return {
        "title": texts.word(protocol.texts.title),
        "status": access.study.status,
        "consent": texts.word(protocol.texts.consent),
        "instructions": texts.word(protocol.texts.instructions),
        "perspectives": [texts.perspective(item).to_json() for item in protocol.perspectives],
        "explanation_form": texts.form(protocol.form).to_json(),
    }


def _progress_json(access: Access, session: SessionFacts | None) -> dict[str, int]:
    if session is None:
        return {"done": 0, "total": 0}
    done, total = progress_of(access=access, session=session)
    return {"done": done, "total": total}
