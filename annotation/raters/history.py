"""One rater's history: sittings, latest trials, scores in order, exclusions, and who they are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db.models import Prefetch, QuerySet

from workbench.accounts.models import User

from ..models import AuditEntry, Rater, RaterIdentity, RatingSession, Score, Study, Trial
from ..opinion.answers import answers_of_rater
from ..opinion.correlation import Floats
from ..protocol.plan import Role
from ..studies.audit import record
from ..studies.sittings import sittings, trials_of

_SESSIONS_SHOWN = 50
_TRIALS_SHOWN = 50
_HOUR = 3600


@dataclass(frozen=True)
class ScoreRow:
    """A rater's latest main trials in the order of answering: scores (T, P) and seconds (T,)."""

    scores: Floats
    seconds: Floats


def sessions_of(rater: Rater) -> QuerySet[RatingSession, Any]:
    """The latest first, as `sittings`."""
    sessions = sittings().filter(rater=rater).select_related("rater")
    return sessions.order_by("-consented_at", "-pk")[:_SESSIONS_SHOWN]


def latest_trials(rater: Rater) -> QuerySet[Trial]:
    """The latest first, each with its image and the scores that count (`current`)."""
    current = Score.objects.filter(superseded_at=None).select_related("perspective")
    return (
        trials_of(rater.pk)
        .exclude(state=Trial.State.EXPIRED)
        .select_related("stimulus")
        .prefetch_related(Prefetch("scores", queryset=current, to_attr="current"))
        .order_by("-session", "-position")[:_TRIALS_SHOWN]
    )


def scores_in_order(rater: Rater, *, latest: int) -> ScoreRow:
    """The `latest` main trials of `rater`, the oldest of them first."""
    answers = answers_of_rater(rater)
    main = answers.take(answers.of(Role.MAIN))
    rows = np.argsort(main.answered_at, kind="stable")[-latest:]
    return ScoreRow(main.scores[rows], main.seconds[rows])


def seconds_on_screen(trial: Trial) -> float | None:
    """As in `answers`: by the page's clock, or else by the server's; None if neither ran."""
    shown = trial.behaviour.get("shown_ms")
    if shown is not None:
        return float(shown) / 1000
    if trial.displayed_at is None or trial.submitted_at is None:
        return None
    seconds = (trial.submitted_at - trial.displayed_at).total_seconds()
    return seconds if seconds >= 0 else None


def touch_seconds(trial: Trial) -> tuple[float, float] | None:
    """When the first score was touched, and the last one for the last time, after the image came
    on screen; None if the page did not tell."""
    touches = [moment for pair in trial.behaviour.get("touches", {}).values() for moment in pair]
    return (min(touches) / 1000, max(touches) / 1000) if touches else None


def exclusions_of(study: Study, rater: Rater) -> QuerySet[AuditEntry]:
    """Who excluded the rater, or included them again, when and why; the latest first.

    Sessions that the study's rules ended are among them, the owner's permission to continue, and
    links that were replaced.
    """
    acts = (*Rater.Status.values, "stopped", "screened_out", "let_continue", "link_replaced")
    return AuditEntry.objects.filter(
        study=study,
        action__in=[f"rater.{act}" for act in acts],
        detail__rater=rater.code,
    ).select_related("actor")


def identities_for(user: User, study: Study) -> QuerySet[RaterIdentity]:
    """Who the study's raters are; nothing for an account that may not know."""
    if not user.has_perm("annotation.read_identities", study):
        return RaterIdentity.objects.none()
    found = RaterIdentity.objects.filter(rater__study=study)
    _note_reading(user, study, found)
    return found


def _note_reading(user: User, study: Study, found: QuerySet[RaterIdentity]) -> None:
    """Once an hour for each account: a page that refreshes itself is one act, not hundreds."""
    key = f"names-read:{user.pk}:{study.pk}"
    if cache.get(key) is None and found.exists() and cache.add(key, True, _HOUR):
        record(study=study, actor=user, action="raters.names_read")


def people_for(user: User, study: Study) -> dict[int, RaterIdentity]:
    """The same by the rater's key."""
    return {item.rater_id: item for item in identities_for(user, study)}
