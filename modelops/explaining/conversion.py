"""Stage 2's weights in the released checkpoint under our names, and a model that holds them.

Source of the names: IntMeGroup/MINT-IQA, commit e76c07d, models/MINT_Qformers.py (`MINTqformer2`).
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ..predictors.mint.conversion import (
    OFFICIAL,
    SCORES,
    Stage,
    check_shapes,
    convert_stage,
    expected_shapes,
    in_evaluation_mode,
    naming,
    read_official,
)
from .checkpoint import EXPLANATIONS_FOLDER
from .configuration import (
    MintIQAExplainerConfig,
    explainer_config_from_sizes,
    explainer_preset_config,
)
from .model import MintIQAExplainer

EXPLANATIONS = Stage(
    prefix="qformer2.",
    folder=EXPLANATIONS_FOLDER,
    model=MintIQAExplainer,
    dropped={
        r"llm_model\.model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq": (
            "a constant, computed from the language model's sizes"
        ),
    },
    mapped={
        r"zero_forward\.(\w+)": r"zero_convolution.\1",
        r"llm_proj\.(\w+)": r"language_projection.\1",
        r"llm_model\.((?:model|lm_head)\..+)": r"language_model.\1",
    },
    published=lambda: explainer_preset_config("vit-g"),
    from_sizes=explainer_config_from_sizes,
)

#: The whole released checkpoint.
STAGES = (SCORES, EXPLANATIONS)


def explainer_from_weights(
    weights: Mapping[str, Tensor],
    config: MintIQAExplainerConfig,
    *,
    dtype: torch.dtype = torch.float32,
) -> MintIQAExplainer:
    """A model with exactly these tensors, in evaluation mode; those of another dtype are copied.

    Raises CheckpointError with every name that is missing, left over, or of another shape.
    """
    check_shapes(weights, expected_shapes(MintIQAExplainer, config))
    # A language model has buffers that no checkpoint holds; the library creates them.
    model = MintIQAExplainer.from_pretrained(
        None, config=config, state_dict=dict(weights), dtype=dtype
    )
    return in_evaluation_mode(model)


def load_official_explainer(folder: str | Path) -> MintIQAExplainer:
    """Stage 2 in a folder with `config.json` and `official_state_dict.safetensors`.

    Raises CheckpointError with every name that is unknown, missing, or of another shape.
    """
    sizes, official = read_official(folder)
    with naming(Path(folder, OFFICIAL)):
        weights = convert_stage(official, EXPLANATIONS)
        return explainer_from_weights(weights, explainer_config_from_sizes(sizes))
