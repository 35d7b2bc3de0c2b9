"""The sizes next to a released state dict, checked before anything is built from them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from transformers.models.blip_2.configuration_blip_2 import Blip2QFormerConfig, Blip2VisionConfig

from ..errors import CheckpointError
from .configuration import MintIQAConfig

CONFIG = "config.json"

_WIDTHS = ("hidden_size", "layers", "heads", "intermediate_size")
#: Section → what must be a whole number from 1.
_WHOLE = {
    "vision": (*_WIDTHS, "image_size", "patch_size"),
    "qformer": (
        *_WIDTHS,
        "vocab_size",
        "query_tokens",
        "max_position_embeddings",
        "cross_attention_frequency",
    ),
    "heads": ("hidden", "outputs"),
    "llm": (*_WIDTHS, "vocab_size"),
}
#: Nothing published comes near it; beyond it torch cannot count bytes.
_MOST = 2**20


def read_sizes(path: Path) -> Mapping[str, Any]:
    """The sizes of both stages, by section. Raises CheckpointError naming the file and every size
    that is wrong."""
    try:
        sizes = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} is not a file of sizes ({error}); give the one next to the state dict"
        ) from error
    problems = list(_problems(sizes))
    if problems:
        raise CheckpointError(
            f"{path}: these are not the sizes of a MINT-IQA: {'; '.join(problems)}; give vision, "
            "qformer, heads and llm as in the config.json of an official state dict"
        )
    return cast(Mapping[str, Any], sizes)


def config_from_sizes(sizes: Mapping[str, Any]) -> MintIQAConfig:
    """Stage 1's configuration, from checked sizes."""
    vision, qformer, heads = sizes["vision"], sizes["qformer"], sizes["heads"]
    return MintIQAConfig(
        vision_config=Blip2VisionConfig(
            image_size=vision["image_size"],
            patch_size=vision["patch_size"],
            **widths(vision),
            layer_norm_eps=vision["layer_norm_eps"],
        ),
        qformer_config=Blip2QFormerConfig(
            vocab_size=qformer["vocab_size"],
            **widths(qformer),
            max_position_embeddings=qformer["max_position_embeddings"],
            cross_attention_frequency=qformer["cross_attention_frequency"],
            layer_norm_eps=qformer["layer_norm_eps"],
        ),
        num_query_tokens=qformer["query_tokens"],
        head_hidden_size=heads["hidden"],
        head_outputs=heads["outputs"],
        used_output=heads["used_output"],
    )


def widths(part: Mapping[str, Any]) -> dict[str, Any]:
    """The sizes of one transformer under the library's names."""
    return {
        "hidden_size": part["hidden_size"],
        "num_hidden_layers": part["layers"],
        "num_attention_heads": part["heads"],
        "intermediate_size": part["intermediate_size"],
    }


def _problems(sizes: Any) -> Iterator[str]:
    """What is wrong, by section and name."""
    if not isinstance(sizes, Mapping):
        yield f"{type(sizes).__name__} instead of sections by name"
        return
    for section, names in _WHOLE.items():
        part = sizes.get(section)
        if not isinstance(part, Mapping):
            yield f"{section} is {'not an object' if section in sizes else 'missing'}"
            continue
        wrong = [name for name in names if not _is_whole(part.get(name))]
        for name in wrong:
            yield f"{section}.{name} is {_shown(part, name)}, not a whole number from 1 to {_MOST}"
        if not wrong:
            yield from _misfits(section, part)


def _misfits(section: str, part: Mapping[str, Any]) -> Iterator[str]:
    """Constraints of a section beyond its whole numbers."""
    if "heads" in part and part["hidden_size"] % part["heads"]:
        yield f"{section}.hidden_size {part['hidden_size']} is not a multiple of its heads"
    if section in ("vision", "qformer") and not _is_between(part.get("layer_norm_eps"), 0, 1):
        yield f"{section}.layer_norm_eps is {_shown(part, 'layer_norm_eps')}, not between 0 and 1"
    if section == "vision" and part["image_size"] < part["patch_size"]:
        yield f"vision.image_size {part['image_size']} is less than its patch_size"
    used, pad = part.get("used_output"), part.get("pad_token_id")
    if section == "heads" and not (type(used) is int and 0 <= used < part["outputs"]):
        yield f"heads.used_output is {_shown(part, 'used_output')}, not one of the outputs"
    if section == "llm" and not (pad is None or (type(pad) is int and pad < part["vocab_size"])):
        yield f"llm.pad_token_id is {_shown(part, 'pad_token_id')}, not below its vocab_size"


def _is_whole(value: Any) -> bool:
    return type(value) is int and 1 <= value <= _MOST


def _is_between(value: Any, low: float, high: float) -> bool:
    return type(value) in (int, float) and low < value < high


def _shown(part: Mapping[str, Any], name: str) -> str:
    return repr(part[name]) if name in part else "missing"
