"""How a model is trained: everything that decides the result, as one value."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from workbench.core.strict import strict_from_json

from .errors import LearningError

#: `auto`: bfloat16 (weights and sums stay float32) on a GPU, float32 on a processor.
PRECISIONS = ("auto", "float32", "bfloat16")
#: Where adapters are: in the last vision blocks, or in the attention of the Q-Former.
ADAPTED = ("vision", "qformer")


@dataclass(frozen=True)
class Recipe:
    """Stage 1 fine-tuning (MINT-IQA, arXiv 2405.07346, section 5) before the Bayesian last layer.

    With `epochs` 0 the backbone stays as it is and only the last layer is learned.
    """

    epochs: int = 0
    learning_rate: float = 1e-5
    #: Images whose activations are in memory at once.
    batch_size: int = 8
    #: Batches whose gradients are added up before the weights move.
    accumulation: int = 1
    #: Share of all steps over which the learning rate rises from 0, before the cosine.
    warmup: float = 0.0
    precision: str = "auto"
    #: The first blocks of the vision transformer, and its patch embedding, are not trained.
    frozen_blocks: int = 0
    #: Whether the Q-Former and its word embeddings stay as they are (its query tokens do not).
    frozen_qformer: bool = True
    #: Whether what the frozen blocks give for an image is kept on disk, in float16, for later
    #: epochs and trainings (`trunk_cache`).
    trunk_cache: bool = True
    #: Above 0, low-rank adapters of this rank are trained, and the weights that they are added to
    #: stay as they are.
    lora_rank: int = 0
    #: `vision`: in the last `lora_blocks` vision blocks; all blocks before them stay as they are.
    #: `qformer`: in the Q-Former's attention; its other weights and all vision blocks stay.
    lora_target: str = "vision"
    lora_blocks: int = 4
    #: An adapter's output is scaled by `lora_alpha / lora_rank`.
    lora_alpha: float = 16.0
    lora_dropout: float = 0.0
    #: Whether a label weighs by its precision (`labels.loss_weights`).
    label_weights: bool = False
    #: Weight of the rank-aware term added to the L1 loss (`losses.rank_loss`), which compares the
    #: images of a batch with each other; 0 leaves it out.
    rank_weight: float = 0.0
    #: Share of the training pool, in whole prompts, that is not trained on but says when to stop.
    validation_share: float = 0.0
    #: Epochs without a better validation after which training stops; 0 trains all of them. Either
    #: way the weights of the best epoch are kept.
    patience: int = 0
    #: Processes of one machine that share each batch: one per GPU, or on a processor's cores.
    processes: int = 1
    seed: int = 1
    #: Labelled images below which nothing useful is learned.
    minimum_labels: int = 20
    #: Epochs of stage 2, which explains (`explaining.training`); 0: a model that only scores.
    explanation_epochs: int = 0

    def __post_init__(self) -> None:
        for name, (least, most) in _RANGES.items():
            if not least <= getattr(self, name) <= most:
                bounds = f"from {least} to {most}" if math.isfinite(most) else f"{least} or more"
                raise LearningError(f"recipe: {name} is {getattr(self, name)}; it must be {bounds}")
        for name in ("learning_rate", "lora_alpha"):
            if not 0 < getattr(self, name) < math.inf:
                raise LearningError(
                    f"recipe: {name} is {getattr(self, name)}; it must be a number above 0"
                )
        for name, known in (("precision", PRECISIONS), ("lora_target", ADAPTED)):
            if getattr(self, name) not in known:
                raise LearningError(
                    f"recipe: {name} {getattr(self, name)!r} is not one of {', '.join(known)}"
                )
        if self.patience and not self.validation_share:
            raise LearningError(
                "recipe: patience needs a validation_share above 0, which says when to stop"
            )

    @property
    def trains_backbone(self) -> bool:
        """Whether anything but the last layer is trained."""
        return bool(self.epochs or self.explanation_epochs)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Raises LearningError if a setting is unknown, so that none is silently ignored."""
        return strict_from_json(cls, data, "recipe", LearningError)

    def changed(self, settings: Iterable[str]) -> Self:
        """With settings in words, as `epochs=3` or `label_weights=true`.

        Raises LearningError naming a word that is no setting or has no value of its type.
        """
        return replace(self, **dict(_read(word) for word in settings))


@dataclass(frozen=True)
class NamedRecipe:
    """A recipe that people choose by name; `source`: where its settings are from."""

    recipe: Recipe
    source: str


_RANGES: dict[str, tuple[float, float]] = {
    "epochs": (0, math.inf),
    "batch_size": (1, math.inf),
    "accumulation": (1, math.inf),
    "warmup": (0, 1),
    "frozen_blocks": (0, math.inf),
    "lora_rank": (0, math.inf),
    "lora_blocks": (1, math.inf),
    "lora_dropout": (0, 0.9),
    "rank_weight": (0, 1e6),
    "validation_share": (0, 0.5),
    "patience": (0, math.inf),
    "processes": (1, 64),
    "seed": (0, 2**32 - 1),
    # Three points are the fewest about which anything can be said.
    "minimum_labels": (3, math.inf),
    "explanation_epochs": (0, math.inf),
}
_TYPES: dict[str, type] = {field.name: type(field.default) for field in fields(Recipe)}
_WORDS = {"true": True, "false": False}


def _read(word: str) -> tuple[str, Any]:
    name, equals, text = word.partition("=")
    if not equals or name not in _TYPES:
        raise LearningError(
            f"recipe: {word!r} is not NAME=VALUE with a name among {', '.join(sorted(_TYPES))}"
        )
    wanted = _TYPES[name]
    try:
        value = _WORDS[text.lower()] if wanted is bool else wanted(text)
    except (KeyError, ValueError) as error:
        raise LearningError(
            f"recipe: {name} is {text!r}, which is not of type {wanted.__name__}"
        ) from error
    return name, value
