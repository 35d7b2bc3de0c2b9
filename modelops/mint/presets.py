"""The sizes that the workbench ships: `tiny` for two CPU cores, `vit-g` as published."""

from .configuration import MintIQAConfig


def _tiny() -> MintIQAConfig:
    return MintIQAConfig(
        vision_config={
            "hidden_size": 160,
            "intermediate_size": 480,
            "num_hidden_layers": 6,
            "num_attention_heads": 5,
            "image_size": 112,
            "patch_size": 14,
            "initializer_range": 0.02,
        },
        qformer_config={
            "vocab_size": 2048,
            "hidden_size": 160,
            "num_hidden_layers": 4,
            "num_attention_heads": 5,
            "intermediate_size": 480,
            "max_position_embeddings": 64,
            "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0,
        },
        num_query_tokens=8,
    )


def _vit_g() -> MintIQAConfig:
    """EVA-CLIP ViT-g/14 at 224 px and the BERT-base Q-Former of BLIP-2 (30,523 tokens)."""
    return MintIQAConfig(
        vision_config={"image_size": 224},
        qformer_config={"vocab_size": 30523},
        num_query_tokens=32,
    )


PRESETS = {"tiny": _tiny, "vit-g": _vit_g}


def preset_config(name: str) -> MintIQAConfig:
    """The configuration of a preset; ValueError with the known names where there is none."""
    if name not in PRESETS:
        raise ValueError(f"no preset {name!r}; choose one of {', '.join(PRESETS)}")
    return PRESETS[name]()
