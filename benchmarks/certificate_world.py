"""Panels in which it is known how close a model and each rater are to the others."""

from dataclasses import dataclass, replace

import numpy as np

from annotation.opinion.methods.base import ScaleLimits, Votes
from benchmarks.gate_world import Floats
from modelops.judging.certificate import Certificate, certify

_SCALE = ScaleLimits(0.0, 1.0, 5)
#: Of true scores, and of what images of a prompt share of it.
_SPREAD, _OF_PROMPT = 0.2, 0.3


@dataclass(frozen=True)
class PanelWorld:
    """Images rated on five levels by a few raters each, and a model whose errors around the true
    score have the standard deviation `model_error`; without `knows` it says .5 of every image.

    bias: standard deviation of the raters' own offsets.
    """

    images: int = 300
    model_error: float = 0.15
    knows: bool = True
    raters: int = 12
    each: int = 3
    rater_error: float = 0.17
    bias: float = 0.06
    per_prompt: int = 4

    def draw(
        self, random: np.random.Generator
    ) -> tuple[Votes, Floats, np.ndarray[tuple[int], np.dtype[np.int64]]]:
        """Votes, what the model expects, and prompts."""
        prompt = np.arange(self.images) // self.per_prompt
        truth = 0.5 + _SPREAD * self._by_prompt(random, prompt)
        who = np.argsort(random.random((self.images, self.raters)), axis=1)[:, : self.each]
        offsets = random.normal(0, self.bias, self.raters)
        given = truth[:, None] + offsets[who] + random.normal(0, self.rater_error, who.shape)
        image = np.repeat(np.arange(self.images), self.each)
        votes = Votes.of(
            (np.clip(np.rint(given * 4), 0, 4) / 4).reshape(-1),
            image,
            who.reshape(-1),
            scale=_SCALE,
            stimuli=self.images,
            subjects=self.raters,
        )
        expected = truth + self.model_error * self._by_prompt(random, prompt)
        return votes, expected if self.knows else np.full(self.images, 0.5), prompt

    def certificate(self, random: np.random.Generator) -> Certificate:
        return certify(*self.draw(random))

    def advantage(self, images: int = 20_000) -> float:
        """The raters' true mean advantage over the model, by many images."""
        found = replace(self, images=images).certificate(np.random.default_rng(0))
        return float(np.mean([test.advantage for test in found.raters]))

    @staticmethod
    def _by_prompt(
        random: np.random.Generator, prompt: np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> Floats:
        shared = random.normal(size=prompt.max() + 1)[prompt]
        own = random.normal(size=prompt.size)
        found: Floats = np.sqrt(_OF_PROMPT) * shared + np.sqrt(1 - _OF_PROMPT) * own
        return found
