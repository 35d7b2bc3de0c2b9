"""Agreement of a study's raters, and what is found of each, computed together and kept.

All of it compares everybody with everybody, over all ratings: a second for thousands of them, a
minute for hundreds of thousands. So a reader gets what is kept, and a worker makes it again.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import redis.exceptions
from django.core.cache import cache
from django.utils import timezone

from workbench.core.statements import one_view

from ...models import Study
from ...studies.counting import counting_trials
from ..making import digest_of, has_scores, newest_score
from ..recomputing import QUICK_SECONDS, ask_worker
from .answered import SAMPLES, Answered, draws_of, panel_of, read_answered
from .figures import Agreement, PerspectiveAgreement, Resampling, agreement_of, main_votes
from .findings import Findings, findings_of

#: The task that computes it.
RENEW = "annotation.opinion.tasks.renew_panel"
#: A worker is asked at most once per so many seconds.
ASK_SECONDS = 60
#: With at most so many ratings, the first reader waits.
FEW_RATINGS = 1_000
#: Behind intervals.
RESAMPLING = Resampling()
#: What nobody has asked for is forgotten.
_KEPT_SECONDS = 7 * 24 * 3600
#: Increased when the shape of what is kept changes.
_VERSION = 1


@dataclass(frozen=True)
class Draws:
    """Ratings that count, by how their trials were drawn (`protocol.draw.Draw`)."""

    by_draw: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.by_draw.values())

    @property
    def sampled(self) -> int:
        """Of hold-out and random audit draws."""
        return sum(self.by_draw.get(draw, 0) for draw in SAMPLES)

    @property
    def is_mixed(self) -> bool:
        """Whether some ratings are of a random sample and some are not."""
        return 0 < self.sampled < self.total


@dataclass(frozen=True)
class PanelResults:
    """What the ratings say of the people who gave them."""

    draws: Draws
    #: From all ratings that count, and from the random draws alone; None if that is all or none.
    agreement: Agreement
    of_sample: Agreement | None
    #: Perspective's key → what is found of raters.
    findings: Mapping[str, Findings]
    #: From the image on screen to the answer, of main trials; None if no page told.
    median_seconds: float | None
    computed_at: datetime
    #: In how many seconds.
    took: float
    #: The newest score then, of any study.
    newest: int

    def of(self, perspective: str) -> PerspectiveAgreement | None:
        """From all ratings; None of a perspective without any, by its key."""
        found = self.agreement.perspectives
        return next((item for item in found if item.key == perspective and item.ratings), None)


def panel_results(study: Study) -> PanelResults | None:
    """The study's results as far as they are known, at once; None while the first are computed.

    They may be older than the newest ratings (`computed_at`); a worker is then asked for new ones.
    """
    key = _key(study)
    known = _cached(key)
    if known is not None and not has_scores(study, pk__gt=known.newest):
        return known
    if known.took < QUICK_SECONDS if known else _few(study):
        return _renew(study, key)
    ask_worker(RENEW, study.pk, seconds=ASK_SECONDS)
    return known


def renew(study: Study) -> PanelResults:
    """Like `panel_results`, with all ratings; doing it twice does no harm."""
    key = _key(study)
    known = _cached(key)
    if known is not None and not has_scores(study, pk__gt=known.newest):
        return known
    return _renew(study, key)


def _renew(study: Study, key: str) -> PanelResults:
    start = time.monotonic()
    found = replace(_compute(study), took=time.monotonic() - start)
    try:
        cache.set(key, found, _KEPT_SECONDS)
    except redis.exceptions.RedisError:
        # Then each reader computes it, or none.
        return found
    return found


def _compute(study: Study) -> PanelResults:
    with one_view():
        newest, now = newest_score(), timezone.now()
        main, repeats = read_answered(study)
        draws = Draws(draws_of(study))
    panel = panel_of(study, main, repeats)
    return PanelResults(
        draws,
        agreement_of(panel.perspectives, RESAMPLING),
        _of_sample(study, main.take(main.sampled == 1), repeats) if draws.is_mixed else None,
        {
            item.key: findings_of(main_votes(item.votes), panel.raters)
            for item in panel.perspectives
        },
        _median_seconds(main),
        now,
        0.0,
        newest,
    )


def _of_sample(study: Study, main: Answered, repeats: Answered) -> Agreement:
    return agreement_of(panel_of(study, main, repeats).perspectives, RESAMPLING)


def _median_seconds(main: Answered) -> float | None:
    known = main.seconds[np.isfinite(main.seconds)]
    return float(np.median(known)) if known.size else None


def _few(study: Study) -> bool:
    return counting_trials(study).order_by()[: FEW_RATINGS + 1].count() <= FEW_RATINGS


def _key(study: Study) -> str:
    return f"panel:{_VERSION}:{study.pk}:{digest_of(study)[:32]}"


def _cached(key: str) -> PanelResults | None:
    try:
        found: PanelResults | None = cache.get(key)
    except redis.exceptions.RedisError:
        return None
    return found
