"""Answered trials, stored as a session would have left them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from annotation.models import Rater, RatingSession, Score, Stimulus, Trial
from tests.factories import make_session


def sitting(rater: Rater, state: str = "done", **fields: Any) -> RatingSession:
    now = timezone.now()
    fields = {"consented_at": now, "begun_at": now, **fields}
    return make_session(rater, state=state, **fields)


def answer(
    session: RatingSession,
    stimulus: Stimulus,
    scores: float | Sequence[float],
    *,
    role: str = "main",
    seconds: float = 4.0,
    at: datetime | None = None,
    **fields: Any,
) -> Trial:
    """A submitted trial after the session's last; one score is that of every perspective."""
    at = at or timezone.now()
    asked = list(session.rater.study.perspectives.all())
    given = [scores] * len(asked) if isinstance(scores, int | float) else scores
    trial = Trial.objects.create(
        session=session,
        rater=session.rater,
        stimulus=stimulus,
        position=session.trials.count(),
        role=role,
        draw="priority" if role == "main" else "plan",
        state="submitted",
        leased_at=at - timedelta(seconds=seconds + 1),
        lease_expires_at=at + timedelta(minutes=5),
        displayed_at=at - timedelta(seconds=seconds),
        submitted_at=at,
        **fields,
    )
    Score.objects.bulk_create(
        Score(trial=trial, perspective=perspective, value=value)
        for perspective, value in zip(asked, given, strict=True)
    )
    return trial
