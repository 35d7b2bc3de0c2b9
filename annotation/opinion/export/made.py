"""What holds for a whole export: whose opinion scores leave, and what ratings weigh."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ...models import AuditEntry, OpinionRelease, OpinionScore, Stimulus, Study
from ..forecast import forecaster_named
from ..releases import live_of_now
from ..reliability.selectors import rater_weights
from .document import facts_of, protocols_of
from .facts import Facts
from .people_records import Estimates

#: (Stimulus, perspective's key) → its opinion score.
Opinions = dict[tuple[int, str], OpinionScore]


@dataclass(frozen=True)
class Export:
    """What holds for all stimuli of one export."""

    study: Study
    facts: Facts
    #: Says how the opinion scores were made.
    release: OpinionRelease
    #: Numbers of the protocols by which its answers were given.
    protocols: Sequence[int]
    #: Rater's key → what their scores weigh in opinion scores made now; 1 if not named.
    weights: Mapping[int, float]
    #: The opinion scores of these stimuli, by their keys.
    opinions_of: Callable[[Iterable[int]], Opinions]
    #: Perspective's key → the ends of the scale that its opinion scores are on.
    limits: Mapping[str, tuple[float, float]]
    #: What the release says of raters.
    estimates: Callable[[], Estimates]
    #: Image's key → why it was taken out; of those that were.
    taken_out: Mapping[int, str]
    #: The model in use now, whose predictions leave; empty without one.
    predicted_by: str


def export_of(study: Study, release: OpinionRelease | None = None) -> Export:
    """Run it, and read its records, in one view of the data.

    release: a kept one whose opinion scores leave instead of those of now. Which single scores
    count, and what they weigh, is as of now in any case.
    """
    facts, now = facts_of(study), (_taken_out(study), forecaster_named(study))
    if release is None:
        live, made = live_of_now(study)
        said = (made.rows, made.limits, made.subjects)
        return Export(study, facts, live, list(made.protocols), made.weights, *said, *now)
    kept, estimates = partial(_kept, release), partial(_kept_estimates, release)
    said_then = (kept, _kept_limits(release), estimates)
    weights = rater_weights(study)
    return Export(study, facts, release, protocols_of(release), weights, *said_then, *now)


def _kept_limits(release: OpinionRelease) -> dict[str, tuple[float, float]]:
    return {
        row.perspective.key: (row.minimum, row.maximum)
        for row in release.perspectives.select_related("perspective")
    }


def _kept(release: OpinionRelease, stimuli: Iterable[int]) -> Opinions:
    rows = release.scores.filter(stimulus__in=stimuli).select_related("perspective")
    return {(row.stimulus_id, row.perspective.key): row for row in rows}


def _kept_estimates(release: OpinionRelease) -> Estimates:
    rows = release.subjects.select_related("perspective")
    return {(row.rater_id, row.perspective.key): row for row in rows}


def _taken_out(study: Study) -> dict[int, str]:
    """Image's key → the latest reason; one that was put back has none."""
    acts = [f"image.{state}" for state in (*Stimulus.State.values, "replaced")]
    found = {}
    for act in AuditEntry.objects.filter(study=study, action__in=acts).order_by("created_at", "pk"):
        back = act.action == f"image.{Stimulus.State.IN_USE}"
        found[act.detail["stimulus"]] = "" if back else act.detail.get("reason", "")
    return {key: reason for key, reason in found.items() if reason}
