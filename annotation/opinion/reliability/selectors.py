"""How reliable each rater of a study is: counts, measures, and the study's rules that they fail.

The measures compare every rater with all others, so there is no cheap way to one of them: all are
computed together, from a handful of statements, and kept for as long as `reliability_of` says.
"""

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import redis.exceptions
from django.core.cache import cache
from django.db.models import Max
from numpy.typing import NDArray

from ...models import Rater, Score, Study
from ...protocol.perspectives import PerspectiveSettings
from ...protocol.plan import Role
from ...protocol.reliability_rules import Effect, ReliabilityRules
from ...protocol.scales import Scale
from ...studies.counting import excluded_images, excluded_raters
from ...studies.protocols import perspective_ids, stored_document
from ..answers import (
    Answers,
    KnownScores,
    answers_of_others,
    answers_of_others_for_session,
    answers_of_rater,
    answers_of_session,
    answers_of_study,
    known_scores,
)
from ..correlation import Floats, Integers
from ..recomputing import QUICK_SECONDS, ask_worker
from .inter_rater import InterRater, inter_rater_correlations
from .judging import Flag, RaterMeasures, judge
from .measures import (
    AttentionChecks,
    Retest,
    absences,
    attention_checks,
    gold_answers,
    pace,
    retest,
    straight_lining,
)

#: Measures are at most so old if there are newer ratings.
FRESH_SECONDS = 30
#: The task that computes them.
RENEW = "annotation.opinion.tasks.renew_reliability"
#: A cached answer is forgotten after so long, because not every change brings a newest rating: an
#: imported gold score, or a rating that was committed after one with a higher key.
_KEPT_SECONDS = 600
#: Increased when the shape of what is cached changes.
_CACHE_VERSION = 6


@dataclass(frozen=True)
class Standing:
    """What is known about one rater, or about one of their sessions."""

    #: Submitted main and repeat trials.
    ratings: int = 0
    repeats: int = 0
    last_answer: datetime | None = None
    measures: RaterMeasures = field(default_factory=RaterMeasures)
    flags: tuple[Flag, ...] = ()

    @property
    def agreement(self) -> float | None:
        """Mean of the perspectives' Pearson correlation with the others; None without any."""
        return _mean(item.pearson for item in self.measures.inter_rater)

    @property
    def corrected_agreement(self) -> float | None:
        """The same, corrected for attenuation, as the rule judges it."""
        return _mean(item.corrected for item in self.measures.inter_rater)

    @property
    def retest(self) -> float | None:
        """Pearson correlation between repeats."""
        return self.measures.retest.overall.pearson if self.measures.retest else None

    @property
    def gold_share(self) -> float | None:
        return self.measures.gold.share if self.measures.gold else None

    @property
    def attention(self) -> AttentionChecks:
        """Attention checks answered as told, and not."""
        return self.measures.attention or AttentionChecks(0, 0)

    @property
    def median_seconds(self) -> float | None:
        return self.measures.pace.median_seconds if self.measures.pace else None

    @property
    def away_share(self) -> float | None:
        """Of answers during which the page was left for longer than the study's rules allow."""
        return self.measures.absences.long if self.measures.absences else None

    @property
    def stops(self) -> bool:
        """Whether a failed rule ends sessions."""
        return any(flag.stops for flag in self.flags)

    @property
    def weighs(self) -> bool:
        """Whether a failed rule makes the ratings weigh less."""
        return any(flag.weighs for flag in self.flags)

    def weight(self, rules: ReliabilityRules) -> float:
        """Of the rater's ratings, under the rules that the flags are from."""
        return rules.weight if self.weighs else 1.0


def _mean(values: Iterable[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return sum(found) / len(found) if found else None


#: The standing of a rater who has answered nothing.
NOTHING_YET = Standing()


def reliability_of(study: Study) -> dict[int, Standing]:
    """Rater's key → standing, of those who have answered anything.

    Computing it takes seconds in a large study, and the monitor asks repeatedly, so the answer
    is shared by all who look, until there are newer ratings and it is `FRESH_SECONDS` old. What
    takes longer than `QUICK_SECONDS` is then computed by a worker, and a reader meanwhile gets
    the answer that is there, at most `_KEPT_SECONDS` old. Changed rules and exclusions are seen at
    once, because they are part of the key.
    """
    known = _known(study)
    if known.standings is None:
        return _renew(study, known)
    if known.is_newest or time.time() - known.computed_at < FRESH_SECONDS:
        return known.standings
    if known.took < QUICK_SECONDS:
        return _renew(study, known)
    ask_worker(RENEW, study.pk, seconds=FRESH_SECONDS)
    return known.standings


def renew(study: Study) -> dict[int, Standing]:
    """Like `reliability_of`, with all ratings; doing it twice does no harm."""
    known = _known(study)
    if known.standings is None or not known.is_newest:
        return _renew(study, known)
    return known.standings


def rater_weights(study: Study) -> dict[int, float]:
    """Rater's key → weight of their ratings in opinion scores; 1 for raters that are not in it.

    From all ratings: a snapshot of labels must not depend on who looked when. A study
    whose rules weigh nothing reads nothing.
    """
    rules = study.rules
    if not rules.weigh:
        return {}
    return {key: rules.weight for key, item in renew(study).items() if item.weighs}


def standings_by_session(study: Study, rater: Rater) -> dict[int, Standing]:
    """Session's key → the rater's standing in that session alone."""
    own, others = answers_of_rater(rater), answers_of_others(rater)
    return _by_session(own, others, study.pk, study.perspective_settings, study.rules)


def stopping_flags(
    *, study_id: int, rater_id: int, session_id: int, protocol_id: int
) -> tuple[Flag, ...]:
    """The rules that stop and that this sitting fails, by its own protocol and answers alone.

    Neither the cache nor all raters' measures: it runs between two blocks, while a rater waits.
    """
    protocol = stored_document(protocol_id)
    rules = protocol.rules
    if not rules.stop:
        return ()
    asked = list(perspective_ids(protocol_id).values())
    own = answers_of_session(session_id, asked)
    if not own.size:
        return ()
    others = own.take(np.empty(0, np.int64))
    compared = rules.inter_rater
    if compared.effect is Effect.STOP and own.of(Role.MAIN).sum() >= compared.minimum:
        others = answers_of_others_for_session(rater_id, session_id, asked)
    standing = _by_session(own, others, study_id, protocol.perspectives, rules)[session_id]
    return tuple(flag for flag in standing.flags if flag.stops)


def _by_session(
    own: Answers,
    others: Answers,
    study_id: int,
    perspectives: Sequence[PerspectiveSettings],
    rules: ReliabilityRules,
) -> dict[int, Standing]:
    """Session's key → one rater's standing in it, with what others said on the same images."""
    sessions, own_group = np.unique(own.session, return_inverse=True)
    other_raters, other_group = np.unique(others.rater, return_inverse=True)
    correlations = _correlations(
        _joined(own, others),
        np.concatenate([own_group, sessions.size + other_group]),
        sessions.size + other_raters.size,
        rules,
        # Nobody is compared with the rater here, least of all the rater in another session.
        np.concatenate([np.zeros(own.size, bool), np.ones(others.size, bool)]),
    )
    known = known_scores(study_id, perspectives)
    scales = [item.scale for item in perspectives]
    found = _standings(own, own_group, sessions.size, correlations, known, scales, rules)
    return dict(zip(sessions.tolist(), found, strict=True))


@dataclass(frozen=True)
class _Known:
    """What the cache has, and what it should have."""

    key: str
    rules: ReliabilityRules
    excluded: list[int]
    #: The newest rating's key now: every answer and every revision appends a row, so it is the
    #: data's version. Other studies' ratings raise it too: looking for this study's newest would
    #: read all of them.
    newest: int
    version: int = 0
    computed_at: float = 0.0
    took: float = 0.0
    standings: dict[int, Standing] | None = None

    @property
    def is_newest(self) -> bool:
        return self.version == self.newest


def _known(study: Study) -> _Known:
    rules, excluded = study.rules, excluded_raters(study)
    key = _cache_key(study, rules, excluded)
    newest = Score.objects.aggregate(newest=Max("pk"))["newest"] or 0
    return _Known(key, rules, excluded, newest, *_cached(key))


def _renew(study: Study, known: _Known) -> dict[int, Standing]:
    start = time.monotonic()
    standings = _compute(study, known.rules, known.excluded)
    _keep(known.key, (known.newest, time.time(), time.monotonic() - start, standings))
    return standings


def _compute(study: Study, rules: ReliabilityRules, excluded: Sequence[int]) -> dict[int, Standing]:
    answers, asked = answers_of_study(study), study.perspective_settings
    raters, group = np.unique(answers.rater, return_inverse=True)
    counting = ~np.isin(answers.rater, excluded)
    correlations = _correlations(answers, group, raters.size, rules, counting)
    known, scales = known_scores(study.pk, asked), [item.scale for item in asked]
    found = _standings(answers, group, raters.size, correlations, known, scales, rules)
    return dict(zip(raters.tolist(), found, strict=True))


def _joined(one: Answers, two: Answers) -> Answers:
    return Answers(
        *(
            np.concatenate([getattr(one, name), getattr(two, name)])
            for name in Answers.__dataclass_fields__
        )
    )


def _correlations(
    answers: Answers,
    group: Integers,
    size: int,
    rules: ReliabilityRules,
    counting: NDArray[np.bool_],
) -> list[InterRater]:
    """Per perspective, each group's agreement with the others on main trials."""
    main = answers.of(Role.MAIN)
    _keys, stimuli = np.unique(answers.stimulus, return_inverse=True)
    found = []
    for column in range(answers.scores.shape[1]):
        scores = answers.scores[:, column]
        rows = main & ~np.isnan(scores)
        found.append(
            inter_rater_correlations(
                scores[rows],
                group[rows],
                stimuli[rows],
                size,
                least_others=rules.least_others,
                counting=counting[rows],
            )
        )
    return found


def _standings(
    answers: Answers,
    group: Integers,
    size: int,
    correlations: Sequence[InterRater],
    known: KnownScores,
    scales: Sequence[Scale],
    rules: ReliabilityRules,
) -> Iterator[Standing]:
    """The standing of each group of answers, in the groups' order."""
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(size + 1))
    for place in range(size):
        part = answers.take(order[bounds[place] : bounds[place + 1]])
        main, repeated = part.take(part.of(Role.MAIN)), part.take(part.of(Role.REPEAT))
        gold = part.take(part.of(Role.GOLD))
        expected = _known_of(gold, known.expected, len(scales))
        measures = RaterMeasures(
            gold=gold_answers(
                gold.scores, expected, expected, scales, tolerance=rules.gold_tolerance
            ),
            attention=attention_checks(
                gold.scores, _known_of(gold, known.instructed, len(scales)), scales
            ),
            pace=pace(part.seconds, minimum=rules.minimum_seconds),
            absences=absences(part.away, longest=rules.away_seconds),
            straight_lining=straight_lining(main.scores, scales),
            retest=_retest(main, repeated, scales),
            inter_rater=tuple(item.of(place) for item in correlations),
        )
        yield Standing(
            ratings=main.size,
            repeats=repeated.size,
            last_answer=datetime.fromtimestamp(float(part.answered_at.max()), UTC),
            measures=measures,
            flags=judge(measures, rules),
        )


def _known_of(part: Answers, known: Mapping[int, Floats], perspectives: int) -> list[Floats]:
    """The known scores of each trial's image; NaN if there are none, so nothing is compared."""
    unknown = np.full(perspectives, np.nan)
    return [known.get(stimulus, unknown) for stimulus in part.stimulus.tolist()]


def _retest(main: Answers, repeated: Answers, scales: Sequence[Scale]) -> Retest:
    """A repeat shows an image of a main trial once more; one without the other says nothing."""
    _both, first, second = np.intersect1d(main.stimulus, repeated.stimulus, return_indices=True)
    return retest(main.scores[first], repeated.scores[second], scales)


def _cache_key(study: Study, rules: ReliabilityRules, excluded: Sequence[int]) -> str:
    decisive = (rules, excluded, excluded_images(study.pk))
    digest = hashlib.sha256(repr(decisive).encode()).hexdigest()[:32]
    return f"reliability:{_CACHE_VERSION}:{study.pk}:{digest}"


def _cached(key: str) -> tuple[Any, ...]:
    """(newest rating, when computed, in how many seconds, standings); empty if nothing is."""
    try:
        found: tuple[Any, ...] = cache.get(key) or ()
        return found
    except redis.exceptions.RedisError:
        # Raters do not need Redis, so an owner can watch them without it, only slower.
        return ()


def _keep(key: str, value: object) -> None:
    try:
        cache.set(key, value, _KEPT_SECONDS)
    except redis.exceptions.RedisError:
        return
