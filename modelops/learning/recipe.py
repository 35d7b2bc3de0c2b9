"""How a model is trained: everything that decides the result, as one value."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from .errors import LearningError


@dataclass(frozen=True)
class Recipe:
    """Stage 1 fine-tuning (MINT-IQA, arXiv 2405.07346, section 5) before the Bayesian last layer.

    With `epochs` 0 the backbone stays as it is and only the last layer is learned.
    """

    preset: str
    epochs: int = 0
    learning_rate: float = 1e-5
    batch_size: int = 8
    #: The first blocks of the vision transformer, and its patch embedding, are not trained.
    frozen_blocks: int = 0
    #: Whether the Q-Former and its word embeddings stay as they are (its query tokens do not).
    frozen_qformer: bool = True
    seed: int = 1
    #: Labelled images below which nothing useful is learned.
    minimum_labels: int = 20
    #: Epochs of stage 2, which says why (`learning.explanations`); 0 is a model that only scores.
    explanation_epochs: int = 0

    def __post_init__(self) -> None:
        leasts = {"epochs": 0, "batch_size": 1, "frozen_blocks": 0, "explanation_epochs": 0}
        for name, least in leasts.items():
            if getattr(self, name) < least:
                raise LearningError(f"recipe: {name} is {getattr(self, name)}, least is {least}")
        if self.learning_rate <= 0:
            raise LearningError(f"recipe: learning_rate {self.learning_rate} is not above 0")
        # Three points always fit some line; below that nothing can be said at all.
        if self.minimum_labels < 3:
            raise LearningError(f"recipe: minimum_labels {self.minimum_labels} is below 3")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Raises LearningError where a setting is unknown, so that none is silently ignored."""
        unknown = set(data) - {field.name for field in fields(cls)}
        if unknown or "preset" not in data:
            raise LearningError(
                f"recipe: {', '.join(sorted(unknown)) or 'preset'} "
                f"is {'unknown' if unknown else 'missing'}"
            )
        return cls(**data)


#: `tiny`'s backbone is trained before it is shipped; a study's few labels train its last layer.
#: `vit-g` carries the published recipe (L1, Adam at 1e-5, cosine, blocks 0–21 and the Q-Former
#: frozen), switched on by a number of epochs: without a GPU an epoch takes hours.
_RECIPES = {
    "tiny": Recipe(preset="tiny", epochs=0, learning_rate=1e-4, batch_size=16, frozen_blocks=3),
    "vit-g": Recipe(preset="vit-g", epochs=0, frozen_blocks=22),
}


#: Of stage 2, where it is asked for.
_EXPLANATION_EPOCHS = {"tiny": 12, "vit-g": 5}


def default_recipe(preset: str, *, explanations: bool = False) -> Recipe:
    """The preset's recipe. Raises LearningError naming the presets there are."""
    if preset not in _RECIPES:
        raise LearningError(f"there is no recipe for {preset!r}, only for {', '.join(_RECIPES)}")
    recipe = _RECIPES[preset]
    if explanations:
        return replace(recipe, explanation_epochs=_EXPLANATION_EPOCHS[preset])
    return recipe
