"""Drift within a session: whether raters grow milder, harsher or quicker as they go on.

Every figure is the slope in a least-squares fit with an effect of each image and of each session:
what a session saw, and how high its rater votes, is taken out of score and place alike (Frisch and
Waugh 1933, Econometrica 1:387). Standard errors are robust to what trials of one session share
(Liang and Zeger 1986, Biometrika 73:13).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from workbench.core.texts import gettext_noop

from ..correlation import sums
from .base import AgreementError, Floats, Integers, Measure, Votes, renumbered, taken
from .two_way import Factors

CITATION = (
    "Least squares with effects of images and sessions; errors by session: Liang and Zeger (1986), "
    "Biometrika 73:13"
)
_UP = gettext_noop("scores rise during a session")
_DOWN = gettext_noop("scores fall during a session")
_LEVEL = gettext_noop("no drift was found")
_HIGH_FIRST = gettext_noop("first images of a session get higher scores")
_LOW_FIRST = gettext_noop("first images of a session get lower scores")
_EQUAL_FIRST = gettext_noop("no difference of the first images was found")
_SLOWER = gettext_noop("raters become slower during a session")
_FASTER = gettext_noop("raters become faster during a session")
_STEADY = gettext_noop("no change of pace was found")
#: Trials that a slope is given for.
PER = 100


@dataclass(frozen=True)
class Drift:
    """What changes with a trial's place in its session."""

    #: Points of the scale per hundred trials.
    score: Measure
    #: Points by which a session's first image is scored higher than the drift lets expect.
    first: Measure | None
    #: Change of the logarithm of seconds per hundred trials: −0.1 is about 10 % faster.
    pace: Measure | None


def drift(
    votes: Votes,
    session: ArrayLike,
    position: ArrayLike,
    seconds: ArrayLike | None = None,
) -> Drift:
    """Of all votes given, repetitions too.

    session, position (R,): which session each vote was given in (any numbers), and its place there,
    from 0. seconds (R,): time to the answer, above 0 (NaN if not known).

    `first` and `pace` are None if they cannot be told. Raises AgreementError if the shapes differ,
    if fewer than two sessions are left after images rated once, or if all sessions show the images
    in the same order.
    """
    sessions, place = np.asarray(session).reshape(-1), np.asarray(position, np.float64).reshape(-1)
    if not sessions.shape == place.shape == votes.score.shape:
        raise AgreementError(
            f"{votes.score.size} votes, {sessions.size} sessions and {place.size} positions; "
            "give one of each"
        )
    trials = _Trials.of(votes, sessions)
    score = trials.slope(votes.score, place / PER, (_UP, _DOWN, _LEVEL))
    if score is None:
        raise AgreementError(
            "place and image cannot be told apart: too few sessions show the same images, or all "
            "show them in the same order"
        )
    first = trials.slope(
        votes.score,
        (place == 0).astype(np.float64),
        (_HIGH_FIRST, _LOW_FIRST, _EQUAL_FIRST),
        given=place,
    )
    return Drift(score, first, _pace(votes, sessions, place, seconds))


def _pace(
    votes: Votes, sessions: Integers, place: Floats, seconds: ArrayLike | None
) -> Measure | None:
    if seconds is None:
        return None
    taken_seconds = np.asarray(seconds, np.float64).reshape(-1)
    if taken_seconds.shape != place.shape:
        raise AgreementError(f"{place.size} votes, but {taken_seconds.size} times; give one each")
    known = np.isfinite(taken_seconds) & (taken_seconds > 0)
    trials = _Trials.of(taken(votes, known), sessions[known])
    logs = np.log(taken_seconds[known])
    return trials.slope(logs, place[known] / PER, (_SLOWER, _FASTER, _STEADY))


@dataclass(frozen=True)
class _Trials:
    """Trials of images that several sessions showed."""

    kept: Integers
    factors: Factors
    session: Integers
    sessions: int

    @classmethod
    def of(cls, votes: Votes, session: Integers) -> "_Trials":
        count = np.bincount(votes.stimulus, minlength=votes.stimuli)
        kept = np.flatnonzero(count[votes.stimulus] > 1)
        part = renumbered(taken(votes, kept))
        names, place = np.unique(session[kept], return_inverse=True)
        factors = Factors(part.stimulus, place, (part.stimuli, names.size))
        return cls(kept, factors, place, names.size)

    def slope(
        self, y: Floats, x: Floats, words: tuple[str, str, str], given: Floats | None = None
    ) -> Measure | None:
        """Of y on x, (R,) of all votes; None if x does not vary after images and sessions.

        words: for a slope above 0, below 0, and one whose interval holds 0. given (R,): another
        variable in the same fit.
        """
        if self.sessions < 2 or not self.kept.size:
            return None
        left, outcome = self._left(x, given), self._left(y, given)
        squares = float(left @ left)
        if squares <= 1e-8 * max(float(((x - x.mean()) ** 2).sum()), 1e-12):
            return None
        value = float(left @ outcome) / squares
        by_session = sums(left * (outcome - value * left), self.session, self.sessions)
        correction = self.sessions / (self.sessions - 1)
        error = float(np.sqrt(correction * (by_session @ by_session)) / squares)
        half = float(stats.t.ppf(0.975, self.sessions - 1)) * error
        low, high = value - half, value + half
        meaning = words[0] if low > 0 else words[1] if high < 0 else words[2]
        return Measure(value, low, high, self.kept.size, meaning, CITATION)

    def _left(self, values: Floats, given: Floats | None) -> Floats:
        """Of values (R,), of the trials kept, after images, sessions and `given`."""
        left = self.factors.residuals(values[self.kept])
        if given is None:
            return left
        other = self.factors.residuals(given[self.kept])
        found: Floats = left - other * (other @ left) / (other @ other)
        return found
