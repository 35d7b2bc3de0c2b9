"""Who said what about one image: scores, and reasons under their questions in the form's order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..models import Explanation, Rater, Stimulus, Study, Trial
from ..protocol.forms import ExplanationForm
from ..protocol.perspectives import PerspectiveSettings
from ..studies.texts import localized


@dataclass(frozen=True)
class Reason:
    """A question and what was answered; a free text's question is that of its perspective."""

    question: str
    answer: str


@dataclass(frozen=True)
class Said:
    """One rater's answer."""

    code: str
    tint: int | None
    excluded: bool
    submitted_at: datetime | None
    #: By the study's perspectives, in order; None if one was not asked.
    scores: list[float | None]
    reasons: list[Reason]


def main_trials(stimulus: Stimulus) -> list[Trial]:
    return list(
        Trial.objects.filter(stimulus=stimulus, state=Trial.State.SUBMITTED, role=Trial.Role.MAIN)
        .select_related("rater")
        .prefetch_related("scores__perspective", "explanations__perspective")
        .order_by("submitted_at")
    )


def said_of(study: Study, trials: Sequence[Trial], tints: Mapping[str, int]) -> list[Said]:
    perspectives, form = study.perspective_settings, study.form
    return [
        Said(
            trial.rater.code,
            tints.get(trial.rater.code),
            trial.rater.status == Rater.Status.EXCLUDED,
            trial.submitted_at,
            [scores_in(trial).get(item.key) for item in perspectives],
            _reasons(current(trial.explanations), perspectives, form),
        )
        for trial in trials
    ]


def scores_in(trial: Trial) -> dict[str, float]:
    """Perspective's key → the current score."""
    return {item.perspective.key: item.value for item in current(trial.scores)}


def current(rows: Any) -> list[Any]:
    """Of prefetched rows, so that there is no query per trial."""
    return [row for row in rows.all() if row.superseded_at is None]


def _reasons(
    explanations: Sequence[Explanation],
    perspectives: Sequence[PerspectiveSettings],
    form: ExplanationForm,
) -> list[Reason]:
    by_key = {item.perspective.key: item for item in explanations}
    reasons = []
    for asked in perspectives:
        given = by_key.get(asked.key)
        if given is None:
            continue
        for field in form.fields:
            level = given.phrases.get(field.key)
            if (
                field.perspective == asked.key
                and isinstance(level, int)
                and 1 <= level <= len(field.phrases)
            ):
                phrase = localized(field.phrases[level - 1])
                reasons.append(Reason(localized(field.label), phrase))
        if given.text:
            reasons.append(Reason(localized(asked.label), given.text))
    return reasons
