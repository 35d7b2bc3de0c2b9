"""The demo's world as a world of simulated studies: pictures drawn by the project, embedded by the
bundled backbone, and rated by the demo's own simulated people."""

import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.protocol.aigciqa2023 import QUALITY
from modelops.predictors.mint_kinds import TINY
from workbench.demo.flaws import TRUE_PERSPECTIVES
from workbench.demo.raters import SimulatedRater, mixed
from workbench.demo.world import build_world

from .learning_worlds import LEVELS, Array, World

__all__ = ["TRUE_PERSPECTIVES", "PanelWorld", "demo"]

#: People of the panel, each with habits of their own.
PANEL = 24
#: Of the pictures; studies of other seeds ask other people about them, and hold out others.
_SEED = 11
#: Pictures of a prompt.
_PER_PROMPT = 4


@dataclass(frozen=True)
class PanelWorld(World):
    """A world whose raters have biases, lapses and habits of using the scale."""

    panel: tuple[SimulatedRater, ...] = ()
    perspective: str = QUALITY

    def rate(self, rows: NDArray[np.intp], rng: np.random.Generator) -> Array:
        """One rating of each row, each by somebody of the panel."""
        who = rng.integers(0, len(self.panel), len(rows))
        felt = [
            self.panel[person].opinion(float(self.truth[row]), self.perspective, rng)
            for person, row in zip(who, rows, strict=True)
        ]
        rated: Array = np.rint(np.array(felt) * (LEVELS - 1)) / (LEVELS - 1)
        return rated

    def mean_of_all(self) -> Array:
        """(N,): what the mean of ever more ratings by this panel tends to, but for the ends of the
        scale."""
        felt = np.zeros(len(self.truth))
        for person in self.panel:
            habits = person.habits
            used = 0.5 + habits.scale_use * (self.truth - 0.5)
            own = (used + mixed(habits.bias, self.perspective)).clip(0, 1)
            felt += (1 - habits.lapse_rate) * own + habits.lapse_rate / 2
        return felt / len(self.panel)


def demo(images: int, seed: int, perspective: str = QUALITY) -> PanelWorld:
    """Every fourth prompt is held out; `spread` is not used by its raters."""
    looks, scores, prompt = _pictures(images)
    panel = tuple(SimulatedRater(1000 * seed + person) for person in range(PANEL))
    spread = np.full(images, 0.11)
    truth = scores[:, TRUE_PERSPECTIVES.index(perspective)]
    held_out = (prompt + seed) % 4 == 0
    return PanelWorld(looks.copy(), truth.copy(), spread, held_out, panel, perspective)


@lru_cache(1)
def _pictures(images: int) -> tuple[Array, Array, NDArray[np.intp]]:
    """Embeddings (N, D), true scores (N, 3) and prompts (N,): a tenth of a second each."""
    truth, prompts, paths = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for image in build_world(seed=_SEED, images=images, prompts=-(-images // _PER_PROMPT)):
            path = Path(folder) / image.filename
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(image.data)
            paths.append(path)
            prompts.append(image.prompt)
            truth.append([image.true_scores[key] for key in TRUE_PERSPECTIVES])
        embedded = TINY.start("", device="cpu", precision="float32").embed(paths, prompts)
    looks = np.stack([embedded.values[row] for row in range(images)]).astype(np.float64)
    return looks, np.array(truth), np.unique(prompts, return_inverse=True)[1]
