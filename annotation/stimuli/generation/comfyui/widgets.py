"""Which widget of a node a value in the editor's graph belongs to: there they stand by position."""

import re
from collections.abc import Collection, Iterator
from typing import Any

_SAMPLING = ("steps", "cfg", "sampler_name", "scheduler")
_SEED_AFTER = "control_after_generate"
_AFTER_VALUES = ("fixed", "increment", "decrement", "randomize")
#: Of core nodes, for files whose inputs do not name their widgets. After a seed the editor adds
#: what becomes of it.
_NAMES: dict[str, tuple[str, ...]] = {
    "KSampler": ("seed", *_SAMPLING, "denoise"),
    "KSamplerAdvanced": (
        "add_noise",
        "noise_seed",
        *_SAMPLING,
        "start_at_step",
        "end_at_step",
        "return_with_leftover_noise",
    ),
    "SamplerCustom": ("add_noise", "noise_seed", "cfg"),
    "RandomNoise": ("noise_seed",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "KSamplerSelect": ("sampler_name",),
    "CFGGuider": ("cfg",),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "ImageOnlyCheckpointLoader": ("ckpt_name",),
    "unCLIPCheckpointLoader": ("ckpt_name",),
    "CheckpointLoader": ("config_name", "ckpt_name"),
    "UNETLoader": ("unet_name", "weight_dtype"),
    "UnetLoaderGGUF": ("unet_name",),
    "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
    "LoraLoaderModelOnly": ("lora_name", "strength_model"),
    "CLIPTextEncode": ("text",),
    "CLIPTextEncodeFlux": ("clip_l", "t5xxl", "guidance"),
    "CLIPTextEncodeSD3": ("clip_l", "clip_g", "t5xxl", "empty_padding"),
    "CLIPTextEncodeSDXL": (
        "width",
        "height",
        "crop_w",
        "crop_h",
        "target_width",
        "target_height",
        "text_g",
        "text_l",
    ),
    "CLIPTextEncodeSDXLRefiner": ("ascore", "width", "height", "text"),
    "TextEncodeQwenImageEdit": ("prompt",),
    "TextEncodeQwenImageEditPlus": ("prompt",),
    "PrimitiveString": ("value",),
    "PrimitiveStringMultiline": ("value",),
    "PrimitiveInt": ("value",),
    "PrimitiveNode": ("value",),
    "StringConcatenate": ("string_a", "string_b", "delimiter"),
    "SaveImage": ("filename_prefix",),
    "SaveAnimatedWEBP": ("filename_prefix", "fps", "lossless", "quality", "method"),
    "SaveAnimatedPNG": ("filename_prefix", "fps", "compress_level"),
    "GeminiImageNode": ("prompt", "model", "seed", "aspect_ratio"),
    "GeminiImage2Node": (
        "prompt",
        "model",
        "seed",
        "aspect_ratio",
        "resolution",
        "response_modalities",
    ),
}
#: Texts of which the editor picks one when the graph is sent: what it picked is not kept.
_PICKED = re.compile(r"\{[^{}|]*\|")


def widget_values(node: dict[str, Any], linked: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Names and values of the node's widgets; none if it is not certain which is which.

    linked: names of inputs that have a link; their widgets keep a value in most files, and not in
    some.
    """
    values = node.get("widgets_values")
    if isinstance(values, dict):
        yield from ((name, value) for name, value in values.items() if _is_value(value))
    elif isinstance(values, list):
        names = _fitting(node, values, linked)
        for name, value in zip(names, values, strict=False):
            if _is_value(value):
                yield name, value


def _fitting(node: dict[str, Any], values: list[Any], linked: Collection[str]) -> list[str]:
    """The names that are as many as the values: all of them, or those without a link. Of a core
    node without links the first names are certain also if later versions added some."""
    known = _NAMES.get(str(node.get("type")), ())
    for names in (_named(node), known):
        for kept in (list(names), [name for name in names if name not in linked]):
            placed = _with_controls(kept, values)
            if placed and len(placed) == len(values):
                return placed
    return _with_controls(list(known), values) if set(known).isdisjoint(linked) else []


def _named(node: dict[str, Any]) -> tuple[str, ...]:
    """Newer editors list an input for each widget."""
    inputs = node.get("inputs")
    return tuple(
        str(slot["widget"].get("name"))
        for slot in (inputs if isinstance(inputs, list) else [])
        if isinstance(slot, dict) and isinstance(slot.get("widget"), dict)
    )


def _with_controls(names: list[str], values: list[Any]) -> list[str]:
    """The names with one more wherever the editor put what becomes of a seed."""
    placed: list[str] = []
    for name in names:
        placed.append(name)
        if len(placed) < len(values) and _is_control(name, values[len(placed)]):
            placed.append(_SEED_AFTER)
    return placed


def _is_control(name: str, value: Any) -> bool:
    return ("seed" in name or name == "value") and value in _AFTER_VALUES


def _is_value(value: Any) -> bool:
    return isinstance(value, str | int | float) and not (
        isinstance(value, str) and _PICKED.search(value)
    )
