"""Loads, saves and starts stage 2: a folder below that of the model whose scores it explains.

It holds what a model's folder holds (`predictors.mint.checkpoint`), and the language model's
tokenizer.
"""

import copy
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from transformers import PreTrainedModel

from workbench.core.files import sync

from ..predictors.errors import CheckpointError
from ..predictors.mint.checkpoint import WEIGHTS, LoadedModel, check_manifest, describe_folder
from ..predictors.mint.conversion import in_evaluation_mode
from ..predictors.mint.streaming import write_state
from ..predictors.mint.tokenization import PromptTokenizer, load_tokenizer
from .configuration import MintIQAExplainerConfig
from .language_model import LanguageTokenizer, load_language_tokenizer
from .model import MintIQAExplainer

#: Below a model's folder: the explanation model that goes with it, laid out as the folder itself.
EXPLANATIONS_FOLDER = "explanations"


@dataclass(frozen=True)
class Explainer:
    """Stage 2 with the tokenizers of its two sides: the Q-Former's and the language model's."""

    model: MintIQAExplainer
    tokenizer: PromptTokenizer
    language: LanguageTokenizer


def load_explainer_model(
    folder: str | Path,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> MintIQAExplainer:
    """The explanation model below a model's folder, in evaluation mode on `device` as `dtype`.

    Raises CheckpointError, naming the folder and the fix, with all names that are missing, left
    over or of another shape.
    """
    own = Path(folder) / EXPLANATIONS_FOLDER
    if not (own / WEIGHTS).exists():
        raise CheckpointError(
            f"{folder} holds no {EXPLANATIONS_FOLDER}/{WEIGHTS}; "
            "convert a released checkpoint that has stage 2, or do without explanations"
        )
    check_manifest(own)
    model = MintIQAExplainer.from_pretrained(own, dtype=dtype, local_files_only=True)
    return nn.Module.to(in_evaluation_mode(model), device)


def load_explainer(
    folder: str | Path, *, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
) -> Explainer:
    """Stage 2 below a model's folder, ready to answer. Raises as `load_explainer_model`, and
    TokenizerError."""
    model = load_explainer_model(folder, device=device, dtype=dtype)
    own = Path(folder) / EXPLANATIONS_FOLDER
    language = load_language_tokenizer(own, model.config)
    return Explainer(model, load_tokenizer(own, model.config), language)


def save_explainer(explainer: Explainer, folder: str | Path) -> None:
    """Writes `EXPLANATIONS_FOLDER` below a model's folder, whole or not at all.

    Raises OSError (a full disk among them), also if that folder exists already.
    """
    folder = Path(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".explainer.") as temporary:
        built = Path(temporary) / "new"
        built.mkdir()
        sha256 = write_state(built / WEIGHTS, explainer.model.state_dict())
        explainer.language.save(built)
        describe_folder(built, explainer.model.config, explainer.tokenizer, sha256)
        for path in built.rglob("*"):
            sync(path)
        built.rename(folder / EXPLANATIONS_FOLDER)
    sync(folder)


def start_explainer(
    scores: LoadedModel, language_model: PreTrainedModel, language: LanguageTokenizer
) -> Explainer:
    """An untrained stage 2: a copy of stage 1's trunk in front of a language model as it is.

    The zero convolution is zero, and the projection is drawn. Raises CheckpointError if stage 1's
    trunk has other parts than stage 2's.
    """
    # A copy: a model changes its parts' configurations, such as how they attend.
    language_config = copy.deepcopy(language_model.config)
    config = MintIQAExplainerConfig.of(scores.model.config, language_config)
    model = MintIQAExplainer(config, language_model)
    trunk = {k: v for k, v in scores.model.state_dict().items() if not k.startswith("heads.")}
    missing, unexpected = model.load_state_dict(trunk, strict=False)
    own = ("zero_convolution.", "language_projection.", "language_model.")
    if unexpected or not all(name.startswith(own) for name in missing):
        raise CheckpointError(f"stage 1's trunk is not stage 2's: {missing}, {unexpected}")
    model = nn.Module.to(in_evaluation_mode(model), scores.model.device)
    return Explainer(model, scores.processor.tokenizer, language)
