"""What an untrained stage 2 starts from, as the authors' did: InstructBLIP.

Source: arXiv 2405.07346, section 5; released code IntMeGroup/MINT-IQA, commit e76c07d.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import InstructBlipConfig

from ..predictors.errors import CheckpointError, UnknownNameError
from ..predictors.mint.checkpoint import WEIGHTS, describe_folder, find_folder
from ..predictors.mint.configuration import MintIQAConfig
from ..predictors.mint.conversion import check_shapes, expected_shapes, naming
from ..predictors.mint.storing import new_folder
from ..predictors.mint.streaming import (
    Entry,
    FolderReader,
    Progress,
    representable,
    write_weights,
)
from ..predictors.mint.tokenization import load_tokenizer
from .checkpoint import EXPLANATIONS_FOLDER
from .configuration import MintIQAExplainerConfig
from .language_model import read_language_tokenizer
from .model import MintIQAExplainer

#: InstructBLIP's name in `transformers` → ours, or None if it is a constant.
_INSTRUCTBLIP = {
    r"(query_tokens|vision_model\..+|qformer\.encoder\..+)": r"\1",
    r"qformer\.embeddings\.layernorm\.(\w+)": r"qformer.layernorm.\1",
    r"qformer\.embeddings\.((?:word|position)_embeddings\.weight)": r"embeddings.\1",
    r"qformer\.embeddings\.position_ids": None,
    r"language_model\..+\.rotary_emb\.inv_freq": None,
    r"(language_(?:projection|model)\..+)": r"\1",
}


def start_from_instructblip(
    source: str | Path,
    folder: str | Path,
    *,
    dtype: torch.dtype = torch.float32,
    progress: Progress | None = None,
) -> None:
    """Adds to a folder with stage 1 an untrained stage 2 on InstructBLIP, as the authors started.

    `source` is a folder as `transformers` saves InstructBLIP, or its name on the model hub. All of
    it is taken, with one tensor in memory at a time; the zero convolution is zero. Raises as
    `convert_released`, and CheckpointError if stage 1 is missing or has other sizes.
    """
    place = Path(folder) / EXPLANATIONS_FOLDER
    found = find_folder(source, wanted=("*.json", "*.safetensors", "*.model", "*.txt"))
    config = _instructblip_config(found)
    _check_fit(Path(folder), config)
    reader = FolderReader(found)
    wanted = expected_shapes(MintIQAExplainer, config)
    with naming(found):
        names = _instructblip_names(reader.shapes)
        shapes = {ours: torch.empty(reader.shapes[it], device="meta") for ours, it in names.items()}
        new = {name: torch.empty(wanted[name], device="meta") for name in wanted if _is_new(name)}
        check_shapes(shapes | new, wanted)
    words = load_tokenizer(found / "qformer_tokenizer", config)
    language = read_language_tokenizer(found, vocab_size=config.language_config.vocab_size)
    # The published sizes name other special tokens than the tokenizer, which answers are made with.
    for name, value in language.special_tokens().items():
        setattr(config.language_config, name, value)

    def read(name: str) -> Tensor:
        if _is_new(name):
            return torch.zeros(wanted[name], dtype=dtype)
        with naming(found):
            return representable(reader(names[name]), dtype, [names[name]])

    layout = {name: Entry(shape, dtype) for name, shape in wanted.items()}
    needed = sum(entry.nbytes for entry in layout.values())
    with new_folder(place, needed=needed) as building:
        sha256 = write_weights(building / WEIGHTS, layout, read, progress)
        language.save(building)
        describe_folder(building, config, words, sha256)


def _instructblip_names(theirs: Iterable[str]) -> dict[str, str]:
    """Ours → theirs. Raises UnknownNameError with all that are unknown."""
    names, unknown = {}, []
    for name in theirs:
        for pattern, ours in _INSTRUCTBLIP.items():
            if found := re.fullmatch(pattern, name):
                if ours is not None:
                    names[found.expand(ours)] = name
                break
        else:
            unknown.append(name)
    if unknown:
        raise UnknownNameError(
            f"not of InstructBLIP: {', '.join(sorted(unknown))}; give its folder as it is published"
        )
    return names


def _is_new(name: str) -> bool:
    return name.startswith("zero_convolution.")


def _instructblip_config(folder: Path) -> MintIQAExplainerConfig:
    try:
        sizes: Any = InstructBlipConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{folder} holds no sizes of InstructBLIP ({error})") from error
    if sizes.text_config.is_encoder_decoder:
        raise CheckpointError(
            f"{folder}: its language model is an encoder and a decoder; give an InstructBLIP with "
            "a causal one, such as Salesforce/instructblip-vicuna-7b"
        )
    vision, qformer = sizes.vision_config.to_dict(), sizes.qformer_config.to_dict()
    del vision["model_type"], qformer["model_type"]
    return MintIQAExplainerConfig(
        vision_config=vision,
        qformer_config=qformer,
        num_query_tokens=sizes.num_query_tokens,
        language_config=sizes.text_config,
        bos_token="[DEC]",  # noqa: S106  # a token of text, not a password
    )


def _check_fit(folder: Path, config: MintIQAExplainerConfig) -> None:
    """Stage 2 is added to stage 1's queries, of the same pixels."""
    if not (folder / WEIGHTS).exists():
        raise CheckpointError(
            f"{folder} holds no stage 1 to which stage 2 could be added; make one first, from a "
            "released checkpoint or with --from-blip2"
        )
    try:
        scores = MintIQAConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{folder}: stage 1's sizes cannot be read ({error})") from error
    for name in ("image_size", "num_query_tokens", "embedding_size"):
        ours, theirs = getattr(scores, name), getattr(config, name)
        if ours != theirs:
            raise CheckpointError(
                f"{folder}: stage 1 has {name} {ours} and InstructBLIP {theirs}; both must be of "
                "one size"
            )
