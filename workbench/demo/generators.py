"""Six make-believe image generators, each with a style and with flaws that it is prone to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from annotation.protocol.aigciqa2023 import AUTHENTICITY, CORRESPONDENCE, QUALITY

from .flaws import WEIGHTS, Flaw
from .scenes import Look


@dataclass(frozen=True)
class Profile:
    """What a generator gets wrong.

    `rates` says, per perspective, how many flaws a picture has on average (at most three);
    `prone` which kinds come more often (1 if not named); `severe` shifts severities (0.5 is
    even, higher is worse).
    """

    rates: Mapping[str, float]
    prone: Mapping[str, float] = field(default_factory=dict)
    severe: float = 0.5


@dataclass(frozen=True)
class MakeBelieveGenerator:
    """A name, a style and a profile of flaws."""

    name: str
    look: Look
    profile: Profile


def _rates(quality: float, authenticity: float, correspondence: float) -> dict[str, float]:
    return {QUALITY: quality, AUTHENTICITY: authenticity, CORRESPONDENCE: correspondence}


GENERATORS: tuple[MakeBelieveGenerator, ...] = (
    MakeBelieveGenerator(
        "Lumen 2",
        Look(gloss=0.9, outline=0.2, shadow=0.8, tilt=0.4, contrast=0.8, vignette=0.6),
        Profile(_rates(0.8, 0.8, 0.9), severe=0.4),
    ),
    MakeBelieveGenerator(
        "Papercut",
        Look(gloss=0.0, outline=0.9, shadow=0.6, tilt=0.8, contrast=0.4, vignette=0.1),
        Profile(_rates(0.9, 1.1, 1.8), {"count": 3.0}),
    ),
    MakeBelieveGenerator(
        "Dreamhaze",
        Look(gloss=0.6, outline=0.0, shadow=0.3, contrast=0.3, vignette=0.9, tint=(8, 0, 10)),
        Profile(_rates(1.5, 1.2, 1.2), {"blur": 3.0, "melt": 2.0}, 0.55),
    ),
    MakeBelieveGenerator(
        "Quickdraft",
        Look(gloss=0.3, outline=0.6, shadow=0.2, tilt=1.0, contrast=0.5, vignette=0.3),
        Profile(_rates(1.7, 1.0, 1.5), {"jpeg": 2.5, "banding": 2.0}, 0.6),
    ),
    MakeBelieveGenerator(
        "Morphos",
        Look(gloss=0.7, outline=0.4, shadow=0.9, tilt=0.6, contrast=0.9, vignette=0.5),
        Profile(_rates(1.0, 1.8, 1.3), {"warp": 2.0, "texture": 2.0}, 0.6),
    ),
    MakeBelieveGenerator(
        "Mirage XL",
        Look(gloss=0.5, outline=0.5, shadow=0.5, contrast=0.7, vignette=0.7, tint=(10, 6, -8)),
        Profile(_rates(1.0, 0.9, 1.7), {"colour": 2.0, "place": 2.0, "noise": 1.5}, 0.5),
    ),
)


def random_generator(rng: np.random.Generator) -> MakeBelieveGenerator:
    """A generator outside all worlds, with any style and no tendency, for pretraining."""
    gloss, outline, shadow, tilt, contrast, vignette = (float(value) for value in rng.random(6))
    red, green, blue = (int(value) for value in rng.integers(-12, 13, 3))
    look = Look(gloss, outline, shadow, tilt, contrast, vignette, (red, green, blue))
    return MakeBelieveGenerator("random", look, Profile(_rates(1.2, 1.2, 1.3)))


def choose_kinds(profile: Profile, perspective: str, rng: np.random.Generator) -> list[str]:
    """Which kinds of flaw a picture gets in one perspective: none to three, without repeats."""
    kinds = list(WEIGHTS[perspective])
    number = int(rng.binomial(3, min(1.0, profile.rates[perspective] / 3)))
    odds = np.array([profile.prone.get(kind, 1.0) for kind in kinds])
    return [
        str(kind) for kind in rng.choice(kinds, size=number, replace=False, p=odds / odds.sum())
    ]


def choose_flaws(profile: Profile, perspective: str, rng: np.random.Generator) -> list[Flaw]:
    """Flaws of quality or authenticity, with severities drawn around the profile's."""
    chosen = []
    for kind in choose_kinds(profile, perspective, rng):
        spread = 2.4
        severity = float(rng.beta(spread * profile.severe, spread * (1 - profile.severe)))
        severity = min(1.0, max(0.05, severity))
        chosen.append(Flaw(kind, severity, f"{kind} {severity:.2f}"))
    return chosen
