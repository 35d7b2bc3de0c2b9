"""What a predictor is made of: a backbone that embeds images with their prompts, on which the
Bayesian last layer learns, and the training of that backbone if it can be trained."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from workbench.core.registry import Entry

from ..learning.curves import Curve
from ..learning.recipe import NamedRecipe, Recipe

if TYPE_CHECKING:
    from PIL.Image import Image

#: The precision in which a backbone's products are computed; `fp8` is bfloat16 but for the vision
#: blocks' linear layers, which are float8.
Precision = Literal["float32", "bfloat16", "fp8"]
#: Called with the name of a step, how much of it is done, and of how much.
Report = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Embeddings:
    """Embeddings of N images, in their order.

    values: float32 (N, D); rows of unreadable images are NaN.
    errors: row of an unreadable image → why.
    """

    values: NDArray[np.float32]
    errors: Mapping[int, Exception]


class Embedder(Protocol):
    """A backbone in memory: all that a frozen one needs."""

    @property
    def sha256(self) -> str:
        """Names all that an embedding depends on; embeddings are cached under it."""

    @property
    def embedding_size(self) -> int:
        """D."""

    def embed(self, images: "Sequence[Path | Image]", prompts: Sequence[str]) -> Embeddings:
        """Embeddings (N, D) of N images and the prompts they were made from.

        A row does not depend on the others. An unreadable image costs its own row only.
        """


#: What scores may lose for float8 to be used: of the order of images, and of the scale from 0 to 1.
LEAST_SRCC, LARGEST_DIFFERENCE = 0.999, 0.01


@dataclass(frozen=True)
class Verdict:
    """Whether float8 may be used, and why or why not, for the log; on how many images it was
    compared with bfloat16 and what was found, 0 if an older build did not keep it."""

    passed: bool
    reason: str
    images: int = 0
    srcc: float = 0.0
    difference: float = 0.0


@runtime_checkable
class Float8Able(Embedder, Protocol):
    """A backbone that can multiply in float8."""

    #: Whether `embed` does.
    float8: bool

    def check_float8(
        self, images: "Sequence[Path | Image]", prompts: Sequence[str]
    ) -> Verdict | None:
        """Compares float8 with bfloat16 on these images; None if there are too few of them, or no
        trained heads to compare by."""


@dataclass(frozen=True)
class Samples:
    """N labelled images to train on.

    images, prompts: N of each; image_sha256: the key of an image in a cache.
    groups: images of one prompt share a number, however it is spelled.
    targets (N, P): labels on 0…1, NaN if there is none; weights (N, P), or None: all count the
    same. cache: a folder for results that are computed once.
    """

    images: Sequence[Path]
    image_sha256: Sequence[str]
    prompts: Sequence[str]
    groups: Sequence[int]
    targets: NDArray[np.float64]
    weights: NDArray[np.float64] | None
    cache: Path


@runtime_checkable
class Trainable(Embedder, Protocol):
    """A backbone that can itself be trained, and is stored with its version."""

    def unreadable(self, images: Sequence[Path]) -> Mapping[int, Exception]:
        """Rows of the images that training could not read, and why."""

    def set_heads(self, weights: NDArray[np.float64], biases: NDArray[np.float64]) -> None:
        """Heads for P perspectives: weights (P, D), biases (P,), linear in the embedding."""

    def fine_tune(
        self, samples: Samples, recipe: Recipe, checkpoint: Path, report: Report
    ) -> Curve:
        """Trains backbone and heads in place, from `checkpoint` if one of this run exists; the
        embedder has another `sha256` afterwards."""

    def save(self, folder: Path) -> None:
        """Writes all that `TrainableKind.open` reads."""


class PredictorKind(Entry, Protocol):
    """An entry of PREDICTORS: how backbones of one kind are loaded, and how they are trained."""

    @property
    def bundled(self) -> bool:
        """Whether its weights are part of the product: every site offers it then."""

    @property
    def chunk_size(self) -> int:
        """Images that are scored in one go: seconds of work on a processor."""

    def recipe(self, *, explanations: bool = False) -> Recipe:
        """How a study's model of this kind is trained if nothing else is said.

        Raises LearningError if it is asked to explain and cannot.
        """

    def start(self, weights: str, *, device: str, precision: Precision) -> Embedder:
        """The backbone from which a training starts: its own (`weights` is empty), or that of a
        folder. Raises a MintError naming the folder and what to do."""


#: The name of what a kind's models are trained by if nothing else is said.
DEFAULT_RECIPE = "default"


@runtime_checkable
class RecipesKind(PredictorKind, Protocol):
    """A kind whose models can be trained by other recipes than the default one."""

    @property
    def recipes(self) -> Mapping[str, NamedRecipe]:
        """Those other ones, by names of lower-case letters, digits and hyphens."""


def recipes_of(kind: PredictorKind) -> dict[str, Recipe]:
    """All recipes of a kind by name, the default one first."""
    others = kind.recipes if isinstance(kind, RecipesKind) else {}
    named = {name: entry.recipe for name, entry in others.items()}
    return {DEFAULT_RECIPE: kind.recipe(), **named}


@runtime_checkable
class PublishedKind(PredictorKind, Protocol):
    """A kind without weights of its own: they are in a folder, or come from a model hub."""

    def source(self, weights: str) -> str:
        """Where others find the same weights, as `OWNER/NAME@COMMIT`; empty if only here."""


@dataclass(frozen=True)
class Stage2:
    """How models of one kind learn to explain scores in words, and explain them.

    epochs, batch_size (pairs of image and question), learning_rate: of a training, the epochs if
    nothing else is said. turn_size: images that are explained in one go:
    seconds of work for a small model, minutes for a full-size one on a processor. decoding: how
    answers are chosen, as far as it differs from the released settings; by the names of the fields
    of `explaining.model.Decoding`. own_language: whether a model that was given no language model
    learns a small one of its own from the study's form.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    turn_size: int
    decoding: Mapping[str, int | float] = field(default_factory=dict)
    own_language: bool = False


@runtime_checkable
class ExplainingKind(PredictorKind, Protocol):
    """A kind whose models can explain scores: its backbones are `explaining.store.Explainable`."""

    @property
    def stage2(self) -> Stage2: ...


@runtime_checkable
class TrainableKind(PredictorKind, Protocol):
    """A kind whose backbones are `Trainable`, and stored with a version."""

    def start(self, weights: str, *, device: str, precision: Precision) -> Trainable:
        """As of any kind."""

    def open(self, folder: Path, *, device: str, precision: Precision) -> Embedder:
        """What `Trainable.save` wrote. Raises a MintError naming the folder and what to do."""
