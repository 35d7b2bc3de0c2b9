"""MINT-IQA: the trunk that both stages are built on, and stage 1: image and prompt to scores.

Built from the BLIP-2 parts of `transformers`; what is MINT-IQA's own is small: a text's tokens
join the queries in the Q-Former, and linear heads read the query outputs, one for each
perspective: the published three, or those of a study. Stage 2 is in `explaining`.
Source: arXiv 2405.07346, section 4.1; released code IntMeGroup/MINT-IQA, commit e76c07d.
"""

import copy
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Self, cast

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import PreTrainedModel, initialization
from transformers.models.blip_2.modeling_blip_2 import (
    Blip2QFormerModel,
    Blip2TextEmbeddings,
    Blip2VisionModel,
)
from transformers.utils import logging as transformers_logging
from transformers.utils.generic import ModelOutput

from ..errors import CheckpointError
from .configuration import MintIQAConfig


@dataclass
class MintIQAOutput(ModelOutput):
    """What the model computes for B images, from first to last.

    vision_embeds (B, patches + 1, Dv): image tokens after `ln_vision`.
    query_embeds (B, Q, Dq): Q-Former output at the queries.
    pooled (B, Dq): their mean; the scores are linear in it.
    scores (B, P): in the order of the heads; 0…1 in a trained model.
    """

    vision_embeds: Tensor | None = None
    query_embeds: Tensor | None = None
    pooled: Tensor | None = None
    scores: Tensor | None = None


class MintIQATrunk(PreTrainedModel):
    """Vision transformer → Q-Former with a text: part of both stages, with weights of their own."""

    config: MintIQAConfig
    config_class = MintIQAConfig
    main_input_name = "pixel_values"
    input_modalities = ["image", "text"]
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _supports_attention_backend = True
    _no_split_modules = ["Blip2EncoderLayer", "Blip2QFormerLayer"]

    def __init__(self, config: MintIQAConfig) -> None:
        super().__init__(config)
        width = config.embedding_size
        self.vision_model = Blip2VisionModel._from_config(config.vision_config)
        # BLIP-2's own eps is that of the blocks; the released code leaves ln_vision at torch's.
        self.vision_model.post_layernorm.eps = config.ln_vision_eps
        self.query_tokens = nn.Parameter(torch.zeros(1, config.num_query_tokens, width))
        self.embeddings = Blip2TextEmbeddings(config.qformer_config)
        self.qformer = Blip2QFormerModel._from_config(config.qformer_config)

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        if isinstance(module, MintIQATrunk):
            # Queries that start equal would stay equal.
            initialization.normal_(module.query_tokens, std=self.config.initializer_range)
        elif isinstance(module, Blip2TextEmbeddings):
            # Not in any checkpoint, so it must be made again after each load.
            count = module.position_ids.shape[-1]
            initialization.copy_(module.position_ids, torch.arange(count).expand((1, -1)))

    def encode_images(self, pixel_values: Tensor) -> Tensor:
        """(B, 3, S, S) → (B, patches + 1, Dv), after `ln_vision`."""
        blocks = len(self.vision_model.encoder.layers)
        return self.encode_upper(self.encode_lower(pixel_values, blocks), blocks)

    def encode_lower(self, pixel_values: Tensor, blocks: int) -> Tensor:
        """(B, 3, S, S) → (B, patches + 1, Dv): patches and the first `blocks` vision blocks.

        Apart from `encode_upper` so that what frozen blocks give is computed once and kept.
        """
        hidden = cast(Tensor, self.vision_model.embeddings(pixel_values))
        for block in self.vision_model.encoder.layers[:blocks]:
            hidden = block(hidden)
        return hidden

    def encode_upper(self, hidden: Tensor, blocks: int) -> Tensor:
        """From the output of `encode_lower` with as many `blocks` to that of `encode_images`."""
        for block in self.vision_model.encoder.layers[blocks:]:
            hidden = block(hidden)
        norm = self.vision_model.post_layernorm
        # The blocks may be frozen in half the width; the trained layers above them never are.
        return cast(Tensor, norm(hidden.to(norm.weight.dtype)))

    def encode_queries(
        self,
        vision_embeds: Tensor,
        input_ids: Tensor,
        attention_mask: Tensor,
        *,
        offset: Tensor | None = None,
    ) -> Tensor:
        """(B, patches + 1, Dv) and the texts (B, L) → (B, Q, Dq).

        The text's tokens join the queries in self-attention; only queries look at the
        image. Apart from `encode_images` so that one image serves several texts.
        offset (B, Q, Dq): added to the query tokens.
        """
        queries = self.query_tokens.expand(len(input_ids), -1, -1)  # (B, Q, Dq)
        if offset is not None:
            queries = queries + offset
        tokens = self.embeddings(input_ids=input_ids, query_embeds=queries)  # (B, Q + L, Dq)
        seen = torch.cat([attention_mask.new_ones(queries.shape[:2]), attention_mask], dim=1)
        hidden = self.qformer(
            query_embeds=tokens,
            query_length=queries.shape[1],
            attention_mask=seen,  # (B, Q + L)
            encoder_hidden_states=vision_embeds,
        ).last_hidden_state
        return cast(Tensor, hidden[:, : queries.shape[1]])

    @classmethod
    def from_pretrained(cls, *args: Any, **kwargs: Any) -> Self:
        """As in `transformers`, but a name that is missing, left over or misshapen is an error.

        Raises CheckpointError with the list of names.
        """
        source = args[0] if args else kwargs.get("pretrained_model_name_or_path")
        # So that shapes, too, come back as a list and not as a line of advice in a log.
        told = {"output_loading_info": True, "ignore_mismatched_sizes": True}
        loaded: Any
        try:
            with quiet():
                loaded = super().from_pretrained(*args, **kwargs | told)
        except (SafetensorError, RuntimeError) as error:
            raise CheckpointError(f"{source}: the weights cannot be read ({error})") from error
        model, found = loaded
        problems = {kind: sorted(map(str, names)) for kind, names in found.items() if names}
        if problems:
            raise CheckpointError(f"{source} does not hold the weights of this model: {problems}")
        return cast(Self, model)


class MintIQAModel(MintIQATrunk):
    """Stage 1: trunk with the prompt → mean over queries → P linear heads."""

    #: Whether this is a model `with_bfloat16_products`.
    bfloat16_products = False

    def __init__(self, config: MintIQAConfig) -> None:
        super().__init__(config)
        self.heads = nn.ModuleDict({name: _head(config) for name in config.head_names})
        self.post_init()  # type: ignore[no-untyped-call]  # transformers leaves it untyped

    def forward(self, pixel_values: Tensor, input_ids: Tensor, attention_mask: Tensor) -> Any:
        """Everything for one batch, a `MintIQAOutput`.

        pixel_values (B, 3, S, S): normalised images; input_ids, attention_mask (B, L): the prompts'
        tokens, padded at the end, mask 1 if there is a token.
        """
        with self._products():
            vision_embeds = self.encode_images(pixel_values)  # (B, P + 1, Dv)
            query_embeds = self.encode_queries(
                vision_embeds, input_ids, attention_mask
            )  # (B, Q, Dq)
        pooled = query_embeds.mean(dim=1)  # (B, Dq)
        return MintIQAOutput(
            vision_embeds=vision_embeds,
            query_embeds=query_embeds,
            pooled=pooled,
            scores=self.score_pooled(pooled),
        )

    def score_pooled(self, pooled: Tensor) -> Tensor:
        """(B, Dq) → (B, P).

        The released code averages a head's output over the queries. The heads are linear, so the
        head of the average is the same number, for a Qth of the work.
        """
        used = self.config.used_output
        return torch.stack(
            [second(first(pooled))[:, used] for first, second in self._head_layers()], dim=1
        )

    @torch.no_grad()  # not inference_mode, which torch.compile cannot compile
    def pooled_embeddings(
        self, pixel_values: Tensor, input_ids: Tensor, attention_mask: Tensor
    ) -> Tensor:
        """float32 (B, Dq) of what `forward` takes, without gradients and without the heads: what a
        Bayesian last layer works on."""
        with self._products():
            vision_embeds = self.encode_images(pixel_values)
            queries = self.encode_queries(vision_embeds, input_ids, attention_mask)
        return queries.float().mean(dim=1)

    @torch.no_grad()
    def make_heads(self, names: Sequence[str]) -> None:
        """Replaces the heads by new ones, initialised as torch does linear layers."""
        self.config.heads = list(names)
        like = self.query_tokens
        heads = {name: _head(self.config).to(like.device, like.dtype) for name in names}
        self.heads = nn.ModuleDict(heads)

    @torch.no_grad()
    def head_weights(self) -> tuple[Tensor, Tensor]:
        """The heads as one linear map: w (P, Dq), b (P,), so that scores = pooled · wᵀ + b."""
        used = self.config.used_output
        rows, offsets = [], []
        for first, second in self._head_layers():
            rows.append(second.weight[used] @ first.weight)
            offsets.append(second.weight[used] @ first.bias + second.bias[used])
        return torch.stack(rows), torch.stack(offsets)

    @torch.no_grad()
    def set_head_weights(self, weight: Tensor, bias: Tensor) -> None:
        """Writes w (P, Dq), b (P,) into the heads, so that `head_weights` gives them back exactly.

        The map goes through one hidden unit and the others are zero: no rounding of a product of
        two matrices. Outputs that are not the score become zero. Raises CheckpointError for other
        shapes.
        """
        heads = self._head_layers()
        wanted = (len(heads), self.config.embedding_size)
        if tuple(weight.shape) != wanted or tuple(bias.shape) != wanted[:1]:
            raise CheckpointError(
                f"head weights have shapes {tuple(weight.shape)} and {tuple(bias.shape)}; "
                f"this model needs {wanted} and {wanted[:1]}"
            )
        used = self.config.used_output
        for (first, second), row, offset in zip(heads, weight, bias, strict=True):
            for parameter in (first.weight, first.bias, second.weight, second.bias):
                parameter.zero_()
            first.weight[0] = row
            second.weight[used, 0] = 1
            second.bias[used] = offset

    def _products(self) -> AbstractContextManager[object]:
        # Not autocast switched off, which would end a caller's.
        if not self.bfloat16_products:
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def _head_layers(self) -> list[tuple[nn.Linear, nn.Linear]]:
        heads = [cast(nn.Sequential, self.heads[name]) for name in self.config.head_names]
        return [(cast(nn.Linear, head[0]), cast(nn.Linear, head[1])) for head in heads]


def _head(config: MintIQAConfig) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(config.embedding_size, config.head_hidden_size),
        nn.Linear(config.head_hidden_size, config.head_outputs),
    )


def with_bfloat16_products(model: MintIQAModel) -> MintIQAModel:
    """A model that computes the trunk's products in bfloat16: linear layers hold bfloat16 weights,
    all else is shared with `model`.

    Autocast would convert the weights again in each pass, a second of a core for the full size.
    Norms, sums along the trunk, the mean over queries and the heads stay in float32.
    """
    shared: dict[int, object] = {id(it): it for it in (*model.parameters(), *model.buffers())}
    for part in (model.vision_model, model.qformer):
        for module in part.modules():
            if isinstance(module, nn.Linear):
                for weight in module.parameters():
                    half = weight.detach().to(torch.bfloat16)
                    shared[id(weight)] = nn.Parameter(half, requires_grad=False)
    twin = copy.deepcopy(model, shared)
    twin.bfloat16_products = True
    return twin


@contextmanager
def quiet() -> Iterator[None]:
    """Without the progress bar per file, which would end up in a worker's log."""
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()
