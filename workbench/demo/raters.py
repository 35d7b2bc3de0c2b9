"""Simulated raters: people with habits, drawn from a seed, who look at the truth and rate.

The score follows the subject model of Li & Bampis (2017, "Recover Subjective Quality Scores from
Noisy Measurements", eq. 1; ITU-T P.913 section 12): opinion = true score + the rater's bias +
noise with the rater's inconsistency as standard deviation. Two habits are added: how much of the
scale a rater uses, and lapses, when the answer has nothing to do with the picture. Closed answers
and free texts follow from what the rater thought and from what is wrong with the picture.

A picture has a true score from three perspectives. Whatever else a study asks about, people treat
as a mixture of them, which its key determines.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM, default_perspectives
from annotation.protocol.forms import ExplanationForm
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.protocol.scales import Scale

from .flaws import TRUE_PERSPECTIVES, Flaw

_RATER_STREAM = 3
_PACE_STREAM = 4
_MIXTURE_STREAM = 5

#: How flaws pull single answers of the form below the overall impression, in units of severity.
_PULLS: Mapping[str, Mapping[str, float]] = {
    "quality_clarity": {"blur": 0.35, "noise": 0.15},
    "quality_outline": {"blur": 0.15, "warp": 0.1, "jpeg": 0.15},
    "quality_detail": {"banding": 0.25, "jpeg": 0.2},
}

#: Three ways to say each flaw; a rater mostly keeps to one.
_SAYINGS: Mapping[str, tuple[str, str, str]] = {
    "warp": ("shapes are warped", "the outline is bent out of shape", "crooked"),
    "melt": ("shapes are melting", "the lower part runs down", "looks melted"),
    "texture": ("the surface is broken", "static inside the objects", "broken surface"),
    "count": ("the number is wrong ({})", "wrong count: {}", "miscounted"),
    "colour": ("the colour is wrong ({})", "wrong colour: {}", "not the colour asked for"),
    "place": ("in the wrong place ({})", "wrong side: {}", "misplaced"),
    "missing": ("something is missing ({})", "missing: {}", "not everything is there"),
}
_NOTHING_TO_NAME: tuple[str, str, str] = ("something looks off", "hard to say what", "odd")


@dataclass(frozen=True)
class Habits:
    """The parameters of a rater, on the unit scale 0…1 of true scores."""

    #: Added to every opinion, per perspective.
    bias: Mapping[str, float]
    #: Standard deviation of the noise, per perspective.
    inconsistency: Mapping[str, float]
    #: Share of answers that have nothing to do with the picture.
    lapse_rate: float
    #: Stretch of opinions around the middle: below 1 the ends of the scale are avoided.
    scale_use: float
    #: Added to the impression behind each closed answer, by field key.
    leanings: Mapping[str, float] = field(default_factory=dict)
    #: Which of the three ways of saying things the rater likes.
    saying: int = 0
    #: Median seconds before an image.
    seconds: float = 8.0


@dataclass(frozen=True)
class Answer:
    """What a rater gives for one perspective."""

    score: float
    phrases: Mapping[str, int]
    text: str


def draw_habits(rng: np.random.Generator, form: ExplanationForm = AIGCIQA2023_FORM) -> Habits:
    """A person of an ordinary panel: biases of about 7 % and inconsistencies of about 11 %."""
    common = rng.normal(0, 0.055)
    steadiness = rng.lognormal(np.log(0.11), 0.3)
    return Habits(
        bias={p: float(common + rng.normal(0, 0.04)) for p in TRUE_PERSPECTIVES},
        inconsistency={p: float(steadiness * rng.uniform(0.8, 1.25)) for p in TRUE_PERSPECTIVES},
        lapse_rate=float(rng.beta(1, 60)),
        scale_use=float(rng.uniform(0.8, 1.1)),
        leanings={item.key: float(rng.normal(0, 0.07)) for item in form.fields},
        saying=int(rng.integers(3)),
        seconds=float(rng.lognormal(np.log(8), 0.35)),
    )


def _phrase_level(
    opinion: float, key: str, levels: int, habits: Habits, flaws: Iterable[Flaw]
) -> int:
    pulls = _PULLS.get(key, {})
    pull = sum(pulls.get(flaw.kind, 0.0) * flaw.severity for flaw in flaws)
    seen = opinion + habits.leanings.get(key, 0.0) - pull
    return int(np.clip(np.floor(seen * levels) + 1, 1, levels))


class SimulatedRater:
    """One person of the panel; the same seed gives the same person.

    What is answered about a picture depends on the rater and on `key` (the picture's name) alone,
    not on the order of presentation, so that raters may work at once and be run again.
    """

    def __init__(self, seed: int, habits: Habits | None = None) -> None:
        self.seed = seed
        drawn = draw_habits(np.random.default_rng([_RATER_STREAM, seed]))
        self.habits = drawn if habits is None else habits

    def opinion(self, true_score: float, perspective: str, rng: np.random.Generator) -> float:
        """The opinion on 0…1, before the scale's steps."""
        habits = self.habits
        bias = mixed(habits.bias, perspective)
        inconsistency = mixed(habits.inconsistency, perspective)
        noise = rng.normal(0, 1)  # always drawn, so that a lapse shifts no later draw
        lapsed, anything = rng.random() < habits.lapse_rate, rng.random()
        used = 0.5 + habits.scale_use * (true_score - 0.5)
        felt = used + bias + inconsistency * noise
        return float(np.clip(anything if lapsed else felt, 0, 1))

    def rate(
        self,
        true_scores: Mapping[str, float],
        flaws: Iterable[Flaw] = (),
        perspectives: Sequence[PerspectiveSettings] = default_perspectives(),
        *,
        key: str = "",
        form: ExplanationForm = AIGCIQA2023_FORM,
    ) -> dict[str, Answer]:
        """By perspective: a score on its scale's steps, a level 1…n for every closed field, and a
        free text.

        A free text is given if the form asks for it: its field's level is `at_most` or lower.
        """
        seen = tuple(flaws)
        opinions = self._opinions(true_scores, [item.key for item in perspectives], key)
        return {
            item.key: self._answer(item.key, opinions[item.key], seen, item.scale, form)
            for item in perspectives
        }

    def _opinions(
        self, true_scores: Mapping[str, float], asked: Iterable[str], key: str
    ) -> dict[str, float]:
        """An opinion does not depend on what else is asked, nor in which order."""
        rng = self._rng(_RATER_STREAM, key)
        opinions = {name: self.opinion(true_scores[name], name, rng) for name in TRUE_PERSPECTIVES}
        for name in set(asked) - opinions.keys():
            own = self._rng(_RATER_STREAM, f"{key}#{name}")
            opinions[name] = self.opinion(mixed(true_scores, name), name, own)
        return opinions

    def seconds(self, key: str) -> float:
        """How long the person looks at the picture and its questions before they answer."""
        return float(self.habits.seconds * self._rng(_PACE_STREAM, key).lognormal(0, 0.4))

    def _rng(self, stream: int, key: str) -> np.random.Generator:
        digest = hashlib.sha256(key.encode()).digest()
        name = [int.from_bytes(digest[i : i + 4], "big") for i in (0, 4)]
        return np.random.default_rng([stream, self.seed, *name])

    def _answer(
        self,
        perspective: str,
        opinion: float,
        flaws: tuple[Flaw, ...],
        scale: Scale,
        form: ExplanationForm,
    ) -> Answer:
        steps = round(opinion * (scale.maximum - scale.minimum) / scale.step)
        score = float(round(scale.minimum + steps * scale.step, 6))
        phrases = {
            item.key: _phrase_level(opinion, item.key, len(item.phrases), self.habits, flaws)
            for item in form.fields
            if item.perspective == perspective
        }
        asked = any(
            phrases[text.field] <= text.at_most
            for text in form.texts
            if text.perspective == perspective
        )
        return Answer(score, phrases, self._say(perspective, flaws) if asked else "")

    def _say(self, perspective: str, flaws: tuple[Flaw, ...]) -> str:
        """Names the perspective's flaws (of a mixture all), the worst first, in the rater's way."""
        anything = perspective not in TRUE_PERSPECTIVES
        own = [
            flaw
            for flaw in flaws
            if (anything or flaw.perspective == perspective) and flaw.kind in _SAYINGS
        ]
        own.sort(key=lambda flaw: -flaw.severity)
        said = [_SAYINGS[flaw.kind][self.habits.saying].format(flaw.detail) for flaw in own]
        return "; ".join(said) or _NOTHING_TO_NAME[self.habits.saying]


def mixed(known: Mapping[str, float], perspective: str) -> float:
    """What is known of `perspective`, or the mixture of all that is known for which people take
    it: weights that are at least 0, add up to 1, and belong to the perspective's key."""
    if perspective in known:
        return known[perspective]
    digest = int.from_bytes(hashlib.sha256(perspective.encode()).digest()[:8])
    weights = np.random.default_rng([_MIXTURE_STREAM, digest]).dirichlet(np.ones(len(known)))
    return float(weights @ np.array([known[name] for name in sorted(known)]))


def panel(seed: int, raters: int) -> list[SimulatedRater]:
    """`raters` different people."""
    seeds = np.random.default_rng([_RATER_STREAM, seed]).choice(2**31, size=raters, replace=False)
    return [SimulatedRater(int(number)) for number in seeds]
