"""A MINT-IQA that is small enough to train in a blink, with random weights."""

import torch
from transformers.models.blip_2.configuration_blip_2 import Blip2QFormerConfig, Blip2VisionConfig

from modelops.predictors.mint.configuration import MintIQAConfig
from modelops.predictors.mint.modeling import MintIQAModel


def small_config(dropout: float = 0.0, vocabulary: int = 60) -> MintIQAConfig:
    return MintIQAConfig(
        vision_config=Blip2VisionConfig(
            image_size=28,
            patch_size=14,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            initializer_range=0.02,
        ),
        qformer_config=Blip2QFormerConfig(
            vocab_size=vocabulary,
            hidden_size=12,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=24,
            max_position_embeddings=40,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
        ),
        num_query_tokens=4,
        head_hidden_size=6,
    )


def small_model(dropout: float = 0.0, seed: int = 0, vocabulary: int = 60) -> MintIQAModel:
    torch.manual_seed(seed)
    model = MintIQAModel(small_config(dropout, vocabulary))
    model.train(False)
    return model
