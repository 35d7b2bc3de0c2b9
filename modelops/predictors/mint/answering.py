"""The whole way of stage 2: images with their prompts and questions in words, to answers in words.

Source: arXiv 2405.07346, section 4; released code, models/MINT_Qformers.py (`generate`).
Reading order of an answer: `Answerer.answer` (the whole way) → `tokenization` and `language` (the
two tokenizers) → `explaining` (pixels and tokens to tokens).
"""

import copy
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import nn
from transformers import AutoModelForCausalLM, PreTrainedModel

from workbench.core.files import sync

from .checkpoint import (
    EXPLANATIONS_FOLDER,
    WEIGHTS,
    LoadedModel,
    describe_folder,
    load_explainer,
    load_model,
)
from .configuration import MintIQAExplainerConfig
from .conversion import in_evaluation_mode
from .devices import device_errors, in_halves
from .errors import CheckpointError
from .explaining import GREEDY, Decoding, MintIQAExplainer, Tokens
from .language import LanguageTokenizer, load_language_tokenizer, read_language_tokenizer
from .modeling import quiet
from .presets import explainer_preset_config
from .processing import ModelInputs
from .streaming import write_state
from .tokenization import PromptTokenizer

_NOT_EVEN_ONE = "both stages and one answer at a time; end what else uses it, or use a larger GPU"


@dataclass(frozen=True)
class Speech:
    """Stage 2 with the tokenizers of its two sides: the Q-Former's and the language model's."""

    model: MintIQAExplainer
    questions: PromptTokenizer
    language: LanguageTokenizer


@dataclass(frozen=True)
class Answerer:
    """Both stages: stage 2 goes on from what stage 1 saw."""

    scores: LoadedModel
    speech: Speech

    @torch.inference_mode()
    def answer(
        self, inputs: ModelInputs, questions: Sequence[str], decoding: Decoding = GREEDY
    ) -> list[list[str]]:
        """For each question, in words and in their order, the answers for the B images in `inputs`,
        in theirs.

        An image is looked at once for all questions. A row's answer does not depend on the others;
        where memory does not suffice for all, halves of them are answered one after the other.
        Raises DeviceError where even one image is too much for the memory, or the GPU is gone.
        """
        with device_errors(self.speech.model.device, too_small_for=_NOT_EVEN_ONE):
            parts = in_halves(
                lambda part: self._answer(inputs.rows(part), questions, decoding),
                len(inputs.input_ids),
            )
        return [[text for part in parts for text in part[place]] for place in range(len(questions))]

    def _answer(
        self, inputs: ModelInputs, questions: Sequence[str], decoding: Decoding
    ) -> list[list[str]]:
        stage1, stage2 = self.scores.model, self.speech.model
        queries = stage1(*inputs.to(stage1.device, stage1.dtype)).query_embeds  # (B, Q, Dq)
        pixels = inputs.pixel_values.to(stage2.device, stage2.dtype)
        vision_embeds = stage2.encode_images(pixels)  # (B, P + 1, Dv)
        found = []
        for question in questions:
            asked = _repeated(Tokens(*self.speech.questions([question])), len(pixels))
            told = _repeated(self.speech.language.questions([question]), len(pixels))
            embeds = stage2.encode_questions(vision_embeds, queries, asked.to(stage2.device))
            ids = stage2.generate(embeds, told.to(stage2.device), decoding)
            found.append(self.speech.language.decode(ids))
        return found


def load_answerer(
    folder: str | Path, *, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
) -> Answerer:
    """Both stages of a model's folder. Raises CheckpointError or TokenizerError, with the mend."""
    scores = load_model(folder, device=device, dtype=dtype)
    return Answerer(scores, load_speech(folder, device=device, dtype=dtype))


def load_speech(
    folder: str | Path, *, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
) -> Speech:
    """Stage 2 below a model's folder, ready to answer; raises as `load_answerer`."""
    loaded = load_explainer(folder, device=device, dtype=dtype)
    language = load_language_tokenizer(Path(folder) / EXPLANATIONS_FOLDER, loaded.model.config)
    return Speech(loaded.model, loaded.tokenizer, language)


def save_speech(speech: Speech, folder: str | Path) -> None:
    """Writes `EXPLANATIONS_FOLDER` below a model's folder, whole or not at all.

    Raises OSError (a full disk among them); where it is there already, too.
    """
    folder = Path(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".speech.") as temporary:
        built = Path(temporary) / "new"
        built.mkdir()
        sha256 = write_state(built / WEIGHTS, speech.model.state_dict())
        speech.language.save(built)
        describe_folder(built, speech.model.config, speech.questions, sha256)
        for path in built.rglob("*"):
            sync(path)
        built.rename(folder / EXPLANATIONS_FOLDER)
    sync(folder)


def start_speech(
    scores: LoadedModel, language_model: PreTrainedModel, language: LanguageTokenizer
) -> Speech:
    """An untrained stage 2: stage 1's trunk, copied, before a language model as it is.

    The zero convolution is zero, and the projection is drawn. Raises CheckpointError where stage 1
    is not made of the parts that stage 2 is.
    """
    # A copy: a model writes into its parts' configurations, how they attend among it.
    language_config = copy.deepcopy(language_model.config)
    config = MintIQAExplainerConfig.of(scores.model.config, language_config)
    model = MintIQAExplainer(config, language_model)
    trunk = {k: v for k, v in scores.model.state_dict().items() if not k.startswith("heads.")}
    missing, unexpected = model.load_state_dict(trunk, strict=False)
    own = ("zero_convolution.", "language_projection.", "language_model.")
    if unexpected or not all(name.startswith(own) for name in missing):
        raise CheckpointError(f"stage 1's trunk is not stage 2's: {missing}, {unexpected}")
    model = nn.Module.to(in_evaluation_mode(model), scores.model.device)
    return Speech(model, scores.processor.tokenizer, language)


def load_language_model(
    folder: str | Path, *, dtype: torch.dtype = torch.float32
) -> tuple[PreTrainedModel, LanguageTokenizer]:
    """Any causal language model that `transformers` loads, from a folder with its tokenizer.

    Raises CheckpointError or TokenizerError, naming the folder.
    """
    try:
        with quiet():
            model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{folder} holds no causal language model that can be loaded ({error}); give the "
            "folder to which it was saved"
        ) from error
    found = cast(PreTrainedModel, model)
    return found, read_language_tokenizer(Path(folder), vocab_size=found.config.vocab_size)


def tiny_language_model(seed: int) -> PreTrainedModel:
    """The tiny preset's language model, untrained; it speaks `tiny_language_tokenizer`'s tokens."""
    torch.manual_seed(seed)
    sizes = explainer_preset_config("tiny").language_config
    return cast(PreTrainedModel, AutoModelForCausalLM.from_config(sizes))


def _repeated(text: Tokens, rows: int) -> Tokens:
    return Tokens(text.ids.expand(rows, -1), text.mask.expand(rows, -1))
