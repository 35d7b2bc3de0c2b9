"""CLIP and SigLIP as predictors: a light backbone, used as it is. torch is loaded with the first
model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..learning.errors import LearningError
from ..learning.recipe import Recipe
from .base import Precision

if TYPE_CHECKING:
    from .image_text.embedder import ImageTextEmbedder
    from .token_reader import TokenReader


@dataclass(frozen=True)
class ImageText:
    """Any whole CLIP or SigLIP model, from a folder or a commit of the model hub."""

    name: str = "image-text"
    version: str = "1"
    citation: str = (
        "Radford et al., Learning transferable visual models from natural language supervision "
        "(CLIP), arXiv 2103.00020; Tschannen et al., SigLIP 2, arXiv 2502.14786"
    )
    chunk_size: int = 64
    bundled: bool = False

    def recipe(self, *, explanations: bool = False) -> Recipe:
        if explanations:
            raise LearningError(
                "a backbone of kind image-text cannot explain its scores; take one of kind tiny or "
                "vit-g for that"
            )
        return Recipe(epochs=0)

    def start(self, weights: str, *, device: str, precision: Precision) -> "ImageTextEmbedder":
        from .image_text.checkpoint import load
        from .image_text.embedder import ImageTextEmbedder

        return ImageTextEmbedder(load(weights, device=device, precision=precision), precision)

    def source(self, weights: str) -> str:
        from .image_text.folder import source_of

        return source_of(weights)

    def reader(self, weights: str) -> "TokenReader":
        """Of weights on the hub, once they have been fetched: nothing is fetched for it."""
        from .image_text.vocabulary import open_reader

        return open_reader(weights)


IMAGE_TEXT = ImageText()
