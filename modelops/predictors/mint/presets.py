"""Named sizes: `tiny` for two processor cores, `vit-g` as published.

Source: arXiv 2405.07346, section 5; the released checkpoint's shapes (`MINTIQA.pt`).
"""

from collections.abc import Callable

from transformers.models.blip_2.configuration_blip_2 import Blip2QFormerConfig, Blip2VisionConfig

from .configuration import MintIQAConfig

#: Size of the word-piece vocabulary shipped with the tiny preset.
TINY_VOCABULARY = 2048


def _tiny() -> MintIQAConfig:
    """Under 4.6 million parameters; 112 px in 64 patches train on two processor cores."""
    return MintIQAConfig(
        vision_config=Blip2VisionConfig(
            hidden_size=160,
            intermediate_size=480,
            num_hidden_layers=5,
            num_attention_heads=5,
            image_size=112,
            patch_size=14,
            # BLIP-2's own 1e-10 is meant for weights that are loaded, not learnt from scratch.
            initializer_range=0.02,
        ),
        qformer_config=Blip2QFormerConfig(
            vocab_size=TINY_VOCABULARY,
            hidden_size=160,
            num_hidden_layers=5,
            num_attention_heads=5,
            intermediate_size=480,
            max_position_embeddings=64,
            # Every layer looks at the picture: what a prompt asks for is found in few layers.
            cross_attention_frequency=1,
            # Too small and too briefly trained to overfit; dropout would only slow it.
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        ),
        num_query_tokens=8,
    )


def _vit_g() -> MintIQAConfig:
    """The published size, 1.2 billion parameters."""
    return MintIQAConfig(
        vision_config=Blip2VisionConfig(),
        qformer_config=Blip2QFormerConfig(vocab_size=30523),
        bos_token="[DEC]",  # noqa: S106  # a token of text, not a password
    )


PRESETS: dict[str, Callable[[], MintIQAConfig]] = {"tiny": _tiny, "vit-g": _vit_g}


def preset_config(name: str) -> MintIQAConfig:
    """A fresh configuration of the preset; ValueError names the existing presets."""
    if name not in PRESETS:
        raise ValueError(f"there is no preset {name!r}; the presets are {', '.join(PRESETS)}")
    return PRESETS[name]()
