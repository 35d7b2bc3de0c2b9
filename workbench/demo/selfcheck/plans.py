"""The studies of a self-check: what each one asks, and how large it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from annotation.protocol.aigciqa2023 import (
    AUTHENTICITY,
    CORRESPONDENCE,
    QUALITY,
    default_perspectives,
)
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.protocol.plan import PLAIN
from annotation.protocol.scales import ACR5, ACR11, SLIDER100, Scale


@dataclass(frozen=True)
class Plan:
    """One study. At the default size both rounds together rate 300 images of the pool three times.

    `required_srcc` is for the retrained model: its mean over the perspectives, on the hold-out.
    """

    name: str
    perspectives: tuple[PerspectiveSettings, ...]
    images: int = 480
    #: Of the drawn images, and of the people who rate them.
    seed: int = 1
    raters: int = 12
    holdout_share: float = 0.2
    holdout_ratings: int = 8
    target_ratings: int = 3
    maximum_ratings: int = 5
    first_images: int = 100
    prioritised_images: int = 200
    #: Images that the first model wants most: all of them must be among those rated next.
    watched: int = 32
    #: With no more ratings than these the run proves nothing.
    required_ratings: int = 500
    required_srcc: float = 0.6
    #: Every so many answers of a rater are sent twice, as after a lost reply.
    repeat_every: int = 10

    @property
    def scales(self) -> dict[str, str]:
        """The kind of each perspective's scale, by key, in the study's order."""
        return {item.key: item.scale.kind for item in self.perspectives}

    @property
    def caps(self) -> dict[str, int]:
        """Most ratings of an image, by split."""
        return {"pool": self.maximum_ratings, "holdout": self.holdout_ratings}

    def settings(self) -> dict[str, Any]:
        """What the owner sets when the study is made."""
        return {
            "title": f"Self-check: {self.name}",
            "perspectives": [item.to_json() for item in self.perspectives],
            "target_ratings": self.target_ratings,
            "maximum_ratings": self.maximum_ratings,
            "holdout_ratings": self.holdout_ratings,
            "holdout_share": self.holdout_share,
            "teaching_share": 0.0,
            "session_plan": PLAIN.to_json(),
        }

    def rounds(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Study settings of both rounds: one session of every rater is the round."""
        holdout = round(self.images * self.holdout_share) * self.holdout_ratings
        first = holdout + self.first_images * self.target_ratings
        second = self.prioritised_images * self.target_ratings
        share = round(min(0.9, holdout / first), 3)
        return (
            {"session_trials": -(-first // self.raters), "holdout_share": share},
            {"session_trials": -(-second // self.raters), "holdout_share": 0.0},
        )


def _paper_asks(scales: Mapping[str, Scale]) -> tuple[PerspectiveSettings, ...]:
    """Perspectives of AIGCIQA2023+, each on its own scale."""
    known = {item.key: item for item in default_perspectives()}
    return tuple(replace(known[key], scale=scale) for key, scale in scales.items())


def _half(name: str, perspectives: tuple[PerspectiveSettings, ...], *, seed: int) -> Plan:
    """Half as large as the default."""
    return Plan(
        name,
        perspectives,
        seed=seed,
        images=240,
        first_images=60,
        prioritised_images=80,
        watched=16,
        required_ratings=250,
    )


ONE = _half("one perspective", _paper_asks({QUALITY: SLIDER100}), seed=2)
THREE = Plan("three perspectives", default_perspectives(ACR5))
FIVE = _half(
    "five perspectives",
    (
        *_paper_asks({QUALITY: ACR5, AUTHENTICITY: SLIDER100, CORRESPONDENCE: ACR11}),
        PerspectiveSettings("appeal", "Appeal", "How much do you like to look at it?", SLIDER100),
        PerspectiveSettings(
            "usefulness", "Usefulness", "How well could it go with a text on the prompt?", ACR5
        ),
    ),
    seed=3,
)
#: What `make selfcheck` runs, one study after the other.
PLANS = (ONE, THREE, FIVE)
