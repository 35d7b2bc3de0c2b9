"""MINT-IQA in its two sizes, as predictors. torch is loaded with the first model."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..learning.recipe import NamedRecipe, Recipe
from .base import Precision, Stage2

if TYPE_CHECKING:
    from .mint.embedder import MintEmbedder
    from .token_reader import TokenReader

_ASSETS = Path(__file__).parent / "mint" / "assets"


@dataclass(frozen=True)
class Mint:
    """One size of MINT-IQA (`mint.presets`), with its recipe."""

    name: str
    default: Recipe
    stage2: Stage2
    chunk_size: int
    bundled: bool
    recipes: Mapping[str, NamedRecipe] = field(default_factory=dict)
    version: str = "1"
    citation: str = (
        "Wang et al., Understanding and evaluating human preferences for AI generated images with "
        "instruction tuning (MINT-IQA), arXiv 2405.07346; code IntMeGroup/MINT-IQA, commit e76c07d"
    )

    def recipe(self, *, explanations: bool = False) -> Recipe:
        if explanations:
            return replace(self.default, explanation_epochs=self.stage2.epochs)
        return self.default

    def start(self, weights: str, *, device: str, precision: Precision) -> "MintEmbedder":
        from .mint.checkpoint import load_model
        from .mint.embedder import MintEmbedder

        return MintEmbedder(load_model(weights or self.name, device=device), precision)

    def reader(self, weights: str) -> "TokenReader":
        """Of weights that are not bundled a folder is needed: nothing is fetched for it."""
        from .mint.vocabulary import open_reader

        return open_reader(Path(weights) if weights else _ASSETS / self.name)

    def open(self, folder: Path, *, device: str, precision: Precision) -> "MintEmbedder":
        """Frozen in that precision: a GPU has no room for a second copy."""
        from .mint.checkpoint import LoadedModel, load_model
        from .mint.embedder import MintEmbedder
        from .mint.modeling import with_bfloat16_products

        loaded = load_model(folder, device=device)
        if precision == "bfloat16":
            loaded = LoadedModel(with_bfloat16_products(loaded.model), loaded.processor)
        return MintEmbedder(loaded, precision)


_LORA_SOURCE = (
    "released code IntMeGroup/MINT-IQA, train_stage1_lora3.py and models/MINTIQA_model_lora.py, "
    "commits e18b8ca and 23851bd; what differs is in docs/decisions/053"
)
#: Rank, scale and dropout of the released script, on what it names: query, key, value and output of
#: the Q-Former's attention, to the prompt and to the image. The vision blocks are frozen here.
_LORA = Recipe(
    lora_rank=16,
    lora_alpha=16.0,
    lora_dropout=0.2,
    lora_target="qformer",
    frozen_qformer=True,
    validation_share=0.1,
)

#: Its backbone is trained before it is shipped; a study's few labels train its last layer.
TINY = Mint(
    name="tiny",
    default=Recipe(epochs=0, learning_rate=1e-4, batch_size=16, frozen_blocks=3),
    # Stage 2 learns what its Q-Former looks for from a few hundred answers. In its language a full
    # stop, or a whole closed answer, is one token: it must repeat tokens.
    stage2=Stage2(
        epochs=12,
        batch_size=16,
        learning_rate=1e-3,
        turn_size=32,
        decoding={"max_new_tokens": 128, "num_beams": 1, "repetition_penalty": 1.0},
        own_language=True,
    ),
    chunk_size=64,
    bundled=True,
    recipes={
        "lora-qformer": NamedRecipe(
            replace(
                _LORA, epochs=20, learning_rate=1e-4, batch_size=16, frozen_blocks=5, patience=5
            ),
            _LORA_SOURCE,
        )
    },
)
#: The published recipe (released code, `config/options.py` and `train_stage1.py`): L1 per
#: perspective (the paper's three; here the study's), Adam at 1e-5, batches of 8, cosine after 1 %
#: of warm-up, blocks 0–21 (60 % of 38) and the Q-Former frozen. The released code runs 500 epochs
#: and keeps the one that is best on the test half; here a tenth of the training half decides which
#: epoch is best, and when to stop.
VIT_G = Mint(
    name="vit-g",
    default=Recipe(
        epochs=50,
        learning_rate=1e-5,
        batch_size=8,
        warmup=0.01,
        frozen_blocks=22,
        frozen_qformer=True,
        validation_share=0.1,
        patience=10,
    ),
    # Stage 2 starts from a model that already answers questions (InstructBLIP).
    stage2=Stage2(epochs=5, batch_size=8, learning_rate=1e-5, turn_size=4),
    chunk_size=16,
    bundled=False,
    recipes={
        "last-layer": NamedRecipe(
            Recipe(frozen_blocks=39), "the default of `tiny`: nothing but the Bayesian last layer"
        ),
        # Adam, learning rate, batches and warm-up are those of the released options, too.
        "lora-qformer": NamedRecipe(
            replace(
                _LORA,
                epochs=50,
                learning_rate=1e-5,
                batch_size=8,
                warmup=0.01,
                frozen_blocks=39,
                patience=10,
            ),
            _LORA_SOURCE,
        ),
    },
)
