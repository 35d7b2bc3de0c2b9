"""The name of a backbone: a hash of everything that decides a pooled embedding."""

import hashlib

import torch

from modelops.mint import MintIQAModel


def backbone_sha256(model: MintIQAModel) -> str:
    """sha256 over sizes and weights below the heads (names, shapes, precision and bytes)."""
    digest = hashlib.sha256(repr(sorted(_sizes(model).items())).encode())
    for name, value in sorted(model.state_dict().items()):
        if not name.startswith("heads."):
            tensor = value.detach().cpu().contiguous()
            digest.update(f"{name}:{tuple(tensor.shape)}:{tensor.dtype}".encode())
            digest.update(tensor.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _sizes(model: MintIQAModel) -> dict[str, object]:
    config = model.config
    return {
        "image_size": config.image_size,
        "prompt_tokens": config.max_prompt_tokens,
        "vision_heads": config.vision_config.num_attention_heads,
        "qformer_heads": config.qformer_config.num_attention_heads,
        "cross_attention": config.qformer_config.cross_attention_frequency,
    }
