"""MINT-IQA, stage 1: EVA-CLIP ViT, a Q-Former that reads the prompt, three linear heads.

Source: arXiv 2405.07346, section 4; `models/blip2_models/mintiqa.py` of the released code, whose
outputs this module reproduces (see tests/modelops/mint).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.models.blip_2.modeling_blip_2 import (
    Blip2QFormerModel,
    Blip2TextEmbeddings,
    Blip2VisionModel,
)
from transformers.utils import ModelOutput

from .configuration import MintIQAConfig

#: The heads, in the order of the scores.
HEADS = ("quality", "authenticity", "correspondence")


@dataclass
class MintIQAOutput(ModelOutput):
    """B images, P patches, Q queries.

    `vision_embeds` (B, P+1, Dv) after `ln_vision`; `query_embeds` (B, Q, Dq); `pooled` (B, Dq), their
    mean over the queries; `scores` (B, 3) on 0…1 in the order of `HEADS`.
    """

    vision_embeds: Tensor | None = None
    query_embeds: Tensor | None = None
    pooled: Tensor | None = None
    scores: Tensor | None = None


class MintIQAModel(PreTrainedModel):
    """Image and prompt in; three scores on 0…1 out."""

    config_class = MintIQAConfig
    config: MintIQAConfig
    base_model_prefix = ""
    main_input_name = "pixel_values"
    _supports_sdpa = True
    _supports_attention_backend = True

    def __init__(self, config: MintIQAConfig) -> None:
        super().__init__(config)
        width = config.qformer_config.hidden_size
        self.vision_model = Blip2VisionModel(config.vision_config)
        # The released `ln_vision` is torch's default LayerNorm, not the ViT blocks'.
        self.vision_model.post_layernorm.eps = config.ln_vision_eps
        self.query_tokens = nn.Parameter(torch.zeros(1, config.num_query_tokens, width))
        self.embeddings = Blip2TextEmbeddings(config.qformer_config)
        self.qformer = Blip2QFormerModel(config.qformer_config)
        self.heads = nn.ModuleDict({name: self._head(config) for name in HEADS})
        self.post_init()

    @staticmethod
    def _head(config: MintIQAConfig) -> nn.Sequential:
        width, hidden = config.qformer_config.hidden_size, config.head_hidden_size
        return nn.Sequential(nn.Linear(width, hidden), nn.Linear(hidden, config.head_outputs))

    def forward(
        self, pixel_values: Tensor, input_ids: Tensor, attention_mask: Tensor
    ) -> MintIQAOutput:
        """`pixel_values` (B, 3, S, S) normalised; `input_ids`, `attention_mask` (B, L) → all outputs."""
        vision = self.vision_model(pixel_values=pixel_values).last_hidden_state  # (B, P+1, Dv)
        queries = self.query_tokens.expand(vision.shape[0], -1, -1)  # (B, Q, Dq)
        tokens = self.embeddings(input_ids=input_ids, query_embeds=queries)  # (B, Q+L, Dq)
        mask = torch.cat([attention_mask.new_ones(queries.shape[:2]), attention_mask], dim=1)
        hidden = self.qformer(
            query_embeds=tokens,
            query_length=queries.shape[1],
            attention_mask=mask,
            encoder_hidden_states=vision,
        ).last_hidden_state
        query_embeds = hidden[:, : queries.shape[1]]  # (B, Q, Dq)
        return MintIQAOutput(
            vision_embeds=vision,
            query_embeds=query_embeds,
            pooled=query_embeds.mean(dim=1),
            scores=self._scores(query_embeds),
        )

    def _scores(self, query_embeds: Tensor) -> Tensor:
        used = self.config.used_output
        return torch.stack(
            [self.heads[name](query_embeds)[..., used].mean(dim=1) for name in HEADS], dim=1
        )

    def pooled_embeddings(
        self, pixel_values: Tensor, input_ids: Tensor, attention_mask: Tensor
    ) -> Tensor:
        """The mean-pooled query embeddings (B, Dq), on which the scores are a linear map."""
        pooled = self(pixel_values, input_ids, attention_mask).pooled
        assert pooled is not None
        return pooled

    @torch.no_grad()
    def head_weights(self) -> tuple[Tensor, Tensor]:
        """Each head as one linear map of the pooled embedding: weights (3, Dq), biases (3,)."""
        weights, biases = [], []
        for name in HEADS:
            first, second = self.heads[name]
            row = second.weight[self.config.used_output]  # (hidden,)
            weights.append(row @ first.weight)
            biases.append(row @ first.bias + second.bias[self.config.used_output])
        return torch.stack(weights), torch.stack(biases)

    @torch.no_grad()
    def set_head_weights(self, weights: Tensor, biases: Tensor) -> None:
        """Make head k compute `weights[k] · pooled + biases[k]` exactly; (3, Dq) and (3,)."""
        for index, name in enumerate(HEADS):
            first, second = self.heads[name]
            for parameter in (*first.parameters(), *second.parameters()):
                parameter.zero_()
            first.weight[0] = weights[index]
            second.weight[self.config.used_output, 0] = 1.0
            second.bias[self.config.used_output] = biases[index]
