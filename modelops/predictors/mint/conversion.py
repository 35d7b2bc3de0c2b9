"""The released MINT-IQA's weights under our names, and models that hold them.

Source of the names: IntMeGroup/MINT-IQA, commit e76c07d, models/MINT_Qformers.py, with EVA-ViT and
Q-Former of salesforce/LAVIS, commit 506965b.

Every name of a released checkpoint is either mapped to one of ours or dropped with a reason; a name
that is neither is an error, so that nothing is lost silently. Here are the names that both stages
share and those of stage 1; stage 2's are in `explaining.conversion`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from ..errors import CheckpointError, UnknownNameError
from .configuration import PERSPECTIVES, MintIQAConfig
from .modeling import MintIQAModel, MintIQATrunk
from .presets import preset_config
from .released_sizes import CONFIG, config_from_sizes, read_sizes
from .streaming import WeightReader

Model = TypeVar("Model", bound=MintIQATrunk)

#: Weights of the released code, next to their sizes (`released_sizes.CONFIG`).
OFFICIAL = "official_state_dict.safetensors"


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of the released checkpoint, and the model that it becomes here.

    prefix: of its official names. folder: the place of its model in a converted folder.
    dropped, mapped: official name without prefix → why it is not needed, or our name; only what the
    other stage does not have. published: its configuration in the published size; from_sizes: in
    the sizes next to a state dict.
    """

    prefix: str
    folder: str
    model: type[MintIQATrunk]
    dropped: Mapping[str, str]
    mapped: Mapping[str, str]
    published: Callable[[], MintIQAConfig]
    from_sizes: Callable[[Mapping[str, Any]], MintIQAConfig]


@dataclass(frozen=True)
class Mapped:
    """An official tensor that becomes (part of) one of ours, in the model of its stage."""

    stage: Stage
    name: str


@dataclass(frozen=True)
class Dropped:
    """An official tensor that neither model needs."""

    reason: str


_FIX = "give a complete released checkpoint with its original names"
_CONTRASTIVE = "belongs to the contrastive loss of BLIP-2's own pretraining; neither stage uses it"

#: Official name without its stage → why it is not needed.
_DROPPED = {
    r"temp": _CONTRASTIVE,
    r"(vision|text)_proj\.(weight|bias)": _CONTRASTIVE,
    r"Qformer\.bert\.embeddings\.position_ids": "a constant: 0, 1, 2, …",
}

_VIT = r"visual_encoder\.blocks\.(\d+)\."
_BLOCK = r"vision_model.encoder.layers.\1."
_BERT = r"Qformer\.bert\.encoder\.layer\.(\d+)\."
_LAYER = r"qformer.encoder.layer.\1."

#: Official name without its stage → ours: what both stages have, each with its own weights.
_MAPPED = {
    r"query_tokens": "query_tokens",
    r"visual_encoder\.cls_token": "vision_model.embeddings.class_embedding",
    r"visual_encoder\.pos_embed": "vision_model.embeddings.position_embedding",
    r"visual_encoder\.patch_embed\.proj\.(\w+)": r"vision_model.embeddings.patch_embedding.\1",
    _VIT + r"norm([12])\.(\w+)": _BLOCK + r"layer_norm\2.\3",
    _VIT + r"attn\.qkv\.weight": _BLOCK + "self_attn.qkv.weight",
    # Two official tensors become one of ours; see join_parts.
    _VIT + r"attn\.[qv]_bias": _BLOCK + "self_attn.qkv.bias",
    _VIT + r"attn\.proj\.(\w+)": _BLOCK + r"self_attn.projection.\2",
    _VIT + r"mlp\.(fc[12]\.\w+)": _BLOCK + r"mlp.\2",
    r"ln_vision\.(\w+)": r"vision_model.post_layernorm.\1",
    r"Qformer\.bert\.embeddings\.LayerNorm\.(\w+)": r"qformer.layernorm.\1",
    r"Qformer\.bert\.embeddings\.((?:word|position)_embeddings\.weight)": r"embeddings.\1",
    _BERT + r"((?:cross)?attention)\.self\.(\w+\.\w+)": _LAYER + r"\2.attention.\3",
    _BERT + r"((?:cross)?attention\.output\.\w+\.\w+)": _LAYER + r"\2",
    _BERT + r"((?:intermediate|output)(?:_query)?\.\w+\.\w+)": _LAYER + r"\2",
}

SCORES = Stage(
    prefix="qformer1.",
    folder=".",
    model=MintIQAModel,
    dropped={},
    mapped={
        rf"quality{number}\.([01]\.\w+)": rf"heads.{perspective}.\1"
        for number, perspective in enumerate(PERSPECTIVES, start=1)
    },
    published=lambda: preset_config("vit-g"),
    from_sizes=config_from_sizes,
)

#: What every official name begins with.
_ANY_STAGE = re.compile(r"qformer[12]\.")


def describe_name(official: str, stages: Sequence[Stage]) -> Mapped | Dropped:
    """The target of one official name. Raises UnknownNameError."""
    for stage in stages:
        if official.startswith(stage.prefix):
            rest = official.removeprefix(stage.prefix)
            for pattern, reason in (_DROPPED | dict(stage.dropped)).items():
                if re.fullmatch(pattern, rest):
                    return Dropped(reason)
            for pattern, ours in (_MAPPED | dict(stage.mapped)).items():
                if found := re.fullmatch(pattern, rest):
                    return Mapped(stage, found.expand(ours))
    raise UnknownNameError(f"{official} is not a name of the released MINT-IQA checkpoint; {_FIX}")


def describe_names(names: Iterable[str], stages: Sequence[Stage]) -> dict[str, Mapped | Dropped]:
    """The targets of all names. Raises UnknownNameError with all that are unknown."""
    described: dict[str, Mapped | Dropped] = {}
    unknown = []
    for name in names:
        try:
            described[name] = describe_name(name, stages)
        except UnknownNameError:
            unknown.append(name)
    if unknown:
        raise UnknownNameError(
            f"not of the released MINT-IQA checkpoint: {', '.join(sorted(unknown))}; {_FIX}"
        )
    return described


def parts_of(names: Iterable[str], stage: Stage) -> dict[str, tuple[str, ...]]:
    """Our names of one stage → the official names of which each is joined, in order.

    Names of the other stage are passed over. Raises UnknownNameError, or CheckpointError if half
    of an attention's bias is missing.
    """
    own = [it for it in names if it.startswith(stage.prefix) or not _ANY_STAGE.match(it)]
    parts: dict[str, tuple[str, ...]] = {}
    for official, described in sorted(describe_names(own, [stage]).items()):
        if isinstance(described, Mapped):
            parts[described.name] = (*parts.get(described.name, ()), official)
    for ours, officials in parts.items():
        if ours.endswith("qkv.bias") and len(officials) != 2:
            other = {"q_bias": "v_bias", "v_bias": "q_bias"}[officials[0][-6:]]
            raise CheckpointError(f"{officials[0]} is there without its {other}; {_FIX}")
    return parts


def join_parts(parts: Mapping[str, Tensor]) -> Tensor:
    """One of our tensors from its official ones by name, in their order.

    EVA's attention has biases for queries and values, none for keys: (q, 0, v) in one. Anything
    else has one part.
    """
    if len(parts) == 1:
        return next(iter(parts.values()))
    query, value = parts.values()
    if query.shape != value.shape:
        shapes = f"{tuple(query.shape)} and {tuple(value.shape)}"
        raise CheckpointError(
            f"the biases {' and '.join(parts)} have different shapes, {shapes}; {_FIX}"
        )
    joined = torch.stack([query, torch.zeros_like(query), value])  # (3, n)
    return joined.reshape(-1, *query.shape[1:])  # (3 n,)


def convert_state_dict(official: Mapping[str, Tensor], config: MintIQAConfig) -> dict[str, Tensor]:
    """The released stage 1 weights under our names, complete and in our shapes.

    Raises UnknownNameError, or CheckpointError with every name that is missing or has another
    shape than `config` says.
    """
    converted = convert_stage(official, SCORES)
    check_shapes(converted, expected_shapes(MintIQAModel, config))
    return converted


def convert_stage(official: Mapping[str, Tensor], stage: Stage) -> dict[str, Tensor]:
    """The released weights of one stage under our names; shapes are the caller's to check.

    Raises UnknownNameError, or CheckpointError if an attention's biases do not go together.
    """
    return {
        ours: join_parts({name: official[name] for name in names})
        for ours, names in parts_of(official, stage).items()
    }


def expected_shapes(model: type[MintIQATrunk], config: MintIQAConfig) -> dict[str, torch.Size]:
    """Our names and shapes of a model at this size; no memory is taken for the weights."""
    with torch.device("meta"):
        empty = model(config)
    return {name: tensor.shape for name, tensor in empty.state_dict().items()}


def check_shapes(found: Mapping[str, Tensor], wanted: Mapping[str, torch.Size]) -> None:
    """Raises CheckpointError with every name that is missing, left over, or of another shape."""
    problems = [f"{name} is missing" for name in sorted(wanted.keys() - found.keys())]
    problems += [
        f"{name} has no place in the model" for name in sorted(found.keys() - wanted.keys())
    ]
    problems += [
        f"{name} holds {found[name].dtype}, no fractions"
        for name in sorted(found)
        if not found[name].is_floating_point()
    ]
    problems += [
        f"{name} is {tuple(found[name].shape)}, not {tuple(shape)}"
        for name, shape in wanted.items()
        if name in found and found[name].shape != shape
    ]
    if problems:
        raise CheckpointError(
            # The list can be long, so what to do about it comes at the end, where it is seen.
            f"{'; '.join(problems)}: {len(problems)} tensors do not fit this configuration; give "
            "the sizes that belong to these weights, or weights of MINT-IQA in these sizes"
        )


def model_from_weights(weights: Mapping[str, Tensor], config: MintIQAConfig) -> MintIQAModel:
    """A model that holds exactly these tensors (not copies), in evaluation mode.

    Raises CheckpointError with every name that is missing, left over, or of another shape.
    """
    check_shapes(weights, expected_shapes(MintIQAModel, config))
    with torch.device("meta"):
        model = MintIQAModel(config)
    model.load_state_dict(dict(weights), strict=True, assign=True)
    # The one buffer that no checkpoint holds.
    count = config.qformer_config.max_position_embeddings
    positions = torch.arange(count).expand((1, -1))
    model.embeddings.position_ids = nn.Buffer(positions, persistent=False)
    return in_evaluation_mode(model)


def in_evaluation_mode(model: Model) -> Model:
    """The model itself, dropout off."""
    model.eval()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    return model


def load_official(folder: str | Path) -> MintIQAModel:
    """Stage 1 in a folder with `config.json` and `official_state_dict.safetensors`.

    Raises CheckpointError with every name that is unknown, missing, or of another shape.
    """
    sizes, official = read_official(folder)
    config = config_from_sizes(sizes)
    with naming(Path(folder, OFFICIAL)):
        return model_from_weights(convert_state_dict(official, config), config)


def read_official(folder: str | Path) -> tuple[Mapping[str, Any], dict[str, Tensor]]:
    """The sizes and the official state dict of such a folder. Raises CheckpointError."""
    reader = WeightReader(Path(folder, OFFICIAL))
    return read_sizes(Path(folder, CONFIG)), {name: reader(name) for name in reader.shapes}


@contextmanager
def naming(source: str | Path) -> Iterator[None]:
    """Puts `source` in front of the message of a CheckpointError of the block."""
    try:
        yield
    except CheckpointError as error:
        raise type(error)(f"{source}: {error}") from error
