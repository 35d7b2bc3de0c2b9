"""MINT-IQA, stage 2: from an image, stage 1's view of it and a question to an answer in words.

The same trunk as stage 1 with weights of its own, then a projection into a frozen causal language
model. Source: arXiv 2405.07346, section 4; released code IntMeGroup/MINT-IQA, commit e76c07d,
models/MINT_Qformers.py (`MINTqformer2`).
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Self, cast

import torch
from torch import Tensor, nn
from transformers import (
    AutoModelForCausalLM,
    CompileConfig,
    GenerationConfig,
    LogitsProcessorList,
    PreTrainedModel,
    RepetitionPenaltyLogitsProcessor,
    initialization,
)
from transformers.utils.generic import ModelOutput

from ..predictors.mint.modeling import MintIQATrunk
from .configuration import MintIQAExplainerConfig

#: Labels that `transformers` leaves out of a language model's loss.
_NO_LOSS = -100

#: Where the language model keeps the keys and values of what it has read and said: in tensors that
#: grow, in some of full length, or in these while its steps are CUDA graphs, of torch's operations
#: as they are or of code that torch makes of them (minutes at first). See decision 054.
KeyCache = Literal["dynamic", "static", "graphs", "compiled"]


class Tokens(NamedTuple):
    """B texts of up to L tokens."""

    ids: Tensor  # int64 (B, L)
    mask: Tensor  # int64 (B, L), 1 if there is a token

    def to(self, device: torch.device | str) -> "Tokens":
        """The same on `device`."""
        return Tokens(self.ids.to(device), self.mask.to(device))

    def rows(self, part: slice) -> "Tokens":
        return Tokens(self.ids[part], self.mask[part])


@dataclass(frozen=True)
class Decoding:
    """How an answer is chosen. The defaults are the released code's.

    max_new_tokens: the released limit of 256 counts the begin token.
    num_beams: 1 is greedy.
    repetition_penalty: divides the score of tokens already in the answer; 1 is none.
    length_penalty: above 1 beams prefer longer answers, below 1 shorter ones.
    """

    max_new_tokens: int = 255
    num_beams: int = 5
    repetition_penalty: float = 1.5
    length_penalty: float = 1.0


#: The most likely token at each place.
GREEDY = Decoding(num_beams=1, repetition_penalty=1.0)


@dataclass
class MintIQAExplanation(ModelOutput):
    """What the model computes for B images.

    query_embeds (B, Q, Dq): stage 2's Q-Former output at the queries.
    loss (): mean cross-entropy over the answers' tokens, if there are answers.
    """

    query_embeds: Tensor | None = None
    loss: Tensor | None = None


class MintIQAExplainer(MintIQATrunk):
    """Stage 1's queries → zero convolution → trunk with the question → language model.

    Three texts belong to an image: `question` in the trunk's tokens, `instruction`, the same
    question in the language model's tokens, and in training the `answer` in those too, begin token
    first. Vision transformer and language model are frozen, `ln_vision` is not, as released.
    """

    config: MintIQAExplainerConfig
    config_class = MintIQAExplainerConfig

    def __init__(
        self, config: MintIQAExplainerConfig, language_model: PreTrainedModel | None = None
    ) -> None:
        """With one of `config.language_config`, untrained, if no `language_model` is given."""
        super().__init__(config)
        queries, language = config.num_query_tokens, config.language_config
        self.zero_convolution = nn.Conv1d(queries, queries, kernel_size=1)
        self.language_projection = nn.Linear(config.embedding_size, language.hidden_size)
        self.language_model: Any = language_model or AutoModelForCausalLM.from_config(language)
        self.post_init()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        self.freeze()

    @classmethod
    def from_pretrained(cls, *args: Any, **kwargs: Any) -> Self:
        """As in `MintIQATrunk`, and frozen: the library's new parameters would all learn."""
        model = super().from_pretrained(*args, **kwargs)
        model.freeze()
        return model

    def freeze(self) -> None:
        """Language model and vision transformer do not learn, `ln_vision` does."""
        self.language_model.requires_grad_(False)
        self.vision_model.requires_grad_(False)
        self.vision_model.post_layernorm.requires_grad_(True)

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if module is self.zero_convolution:
            # Training starts as if stage 1 were not there, and lets it in gradually.
            for parameter in module.parameters():
                initialization.zeros_(parameter)

    def train(self, mode: bool = True) -> Self:
        """As in torch, but frozen parts stay in evaluation mode."""
        super().train(mode)
        self.vision_model.train(False)
        self.language_model.train(False)
        return self

    def forward(
        self,
        pixel_values: Tensor,
        score_queries: Tensor,
        question: Tokens,
        instruction: Tokens | None = None,
        answer: Tokens | None = None,
    ) -> Any:
        """Everything but the words for one batch, a `MintIQAExplanation`.

        pixel_values (B, 3, S, S): normalised images; score_queries (B, Q, Dq): stage 1's
        `query_embeds` of them. The loss needs instruction and answer.
        """
        vision_embeds = self.encode_images(pixel_values)  # (B, P + 1, Dv)
        query_embeds = self.encode_questions(vision_embeds, score_queries, question)  # (B, Q, Dq)
        if instruction is None or answer is None:
            return MintIQAExplanation(query_embeds=query_embeds)
        loss = self.answer_loss(query_embeds, instruction, answer)
        return MintIQAExplanation(query_embeds=query_embeds, loss=loss)

    def encode_questions(
        self, vision_embeds: Tensor, score_queries: Tensor, question: Tokens
    ) -> Tensor:
        """(B, P + 1, Dv), stage 1's queries (B, Q, Dq) and the questions → (B, Q, Dq).

        Apart from `encode_images` so that one image serves several questions.
        """
        # The two stages may differ in precision. Queries are the channels: (B, Q, Dq).
        offset = self.zero_convolution(score_queries.to(self.dtype))
        return self.encode_queries(vision_embeds, *question, offset=offset)

    def answer_loss(self, query_embeds: Tensor, instruction: Tokens, answer: Tokens) -> Tensor:
        """Mean cross-entropy () of the answers' tokens after the begin token."""
        said = Tokens(answer.ids[:, 1:], answer.mask[:, 1:])  # as the released code joins them
        carries_loss = self.carries_loss(answer)
        embeds, mask = self._spoken(query_embeds, instruction, said)  # (B, Q + L, Dl), (B, Q + L)
        silent = said.ids.new_full((len(mask), mask.shape[1] - said.ids.shape[1]), _NO_LOSS)
        labels = torch.cat([silent, said.ids.masked_fill(~carries_loss, _NO_LOSS)], dim=1)
        # Tokens in their order, then all padding.
        order = mask.argsort(dim=1, descending=True, stable=True)
        output = self.language_model(
            inputs_embeds=_reordered(embeds, order),
            attention_mask=mask.gather(1, order),
            labels=labels.gather(1, order),
            use_cache=False,  # it would hold every key and value twice
        )
        return cast(Tensor, output.loss)

    def carries_loss(self, answer: Tokens) -> Tensor:
        """bool (B, L - 1): which tokens after the begin token count in `answer_loss`."""
        counts = answer.mask[:, 1:].bool()
        if (padding := self._special("pad_token_id")) is not None:
            counts = counts & (answer.ids[:, 1:] != padding)
        return counts

    @torch.inference_mode()
    def generate(
        self,
        query_embeds: Tensor,
        instruction: Tokens,
        decoding: Decoding | None = None,
        keys: KeyCache = "dynamic",
    ) -> list[list[int]]:
        """For each of B rows the ids of the answer, its end token last if one was reached.

        query_embeds (B, Q, Dq) from `encode_questions`. A row's answer does not depend on the
        other rows, nor on where `keys` are kept. The begin token, which is not the model's choice,
        is left out.
        """
        decoding = decoding or Decoding()
        embeds, mask = self._spoken(query_embeds, instruction)  # (B, Q + L, Dl), (B, Q + L)
        # All padding, then tokens in their order: the last place is the last token in every row.
        order = mask.argsort(dim=1, stable=True)
        begin, settings = self._begin(len(mask)), self._settings(decoding, keys)
        written = self.language_model.generate(
            inputs_embeds=_reordered(embeds, order),
            attention_mask=mask.gather(1, order),
            generation_config=settings,
            logits_processor=_penalties(decoding),
            **begin,
        )
        skipped = begin["input_ids"].shape[1] if begin else 0
        return [_until_end(row[skipped:], settings.eos_token_id) for row in written.tolist()]

    def key_bytes(self, places: int) -> int:
        """Memory for the keys and values of so many places of one row in the language model."""
        sizes = self.config.language_config
        width: int = sizes.hidden_size
        heads, kept = (
            getattr(sizes, name, None) for name in ("num_attention_heads", "num_key_value_heads")
        )
        if heads and kept:  # several heads may share their keys
            width = kept * (getattr(sizes, "head_dim", None) or width // heads)
        values = 2 * int(sizes.num_hidden_layers) * width * places
        return values * int(self.language_model.dtype.itemsize)

    def _spoken(self, query_embeds: Tensor, *texts: Tokens) -> tuple[Tensor, Tensor]:
        """The language model's input: the projected queries, then each text's tokens."""
        embed = self.language_model.get_input_embeddings()
        words = [embed(text.ids) for text in texts]  # (B, L, Dl) each
        seen = self.language_projection(query_embeds).to(words[0].dtype)  # (B, Q, Dl)
        all_seen = texts[0].mask.new_ones(seen.shape[:2])
        masks = [text.mask for text in texts]
        return torch.cat([seen, *words], dim=1), torch.cat([all_seen, *masks], dim=1)

    def _begin(self, rows: int) -> dict[str, Tensor]:
        """The begin token, which the released code counts as said: the repetition penalty sees it.

        The language model never reads it, because it gets embeddings instead.
        """
        begin = self._special("bos_token_id")
        if begin is None:
            return {}
        return {"input_ids": torch.full((rows, 1), begin, device=self.device)}

    def _settings(self, decoding: Decoding, keys: KeyCache) -> GenerationConfig:
        return GenerationConfig(
            do_sample=False,
            use_cache=True,
            **_key_settings(keys),
            max_new_tokens=decoding.max_new_tokens,
            num_beams=decoding.num_beams,
            length_penalty=decoding.length_penalty,
            bos_token_id=self._special("bos_token_id"),
            eos_token_id=self._special("eos_token_id"),
            pad_token_id=self._special("pad_token_id"),
        )

    def _special(self, name: str) -> Any:
        """Not every language model has every special token."""
        return getattr(self.config.language_config, name, None)


def _key_settings(keys: KeyCache) -> dict[str, Any]:
    """On a GPU the library compiles whatever has static keys, unless it is told not to."""
    if keys == "dynamic":
        return {}
    settings = {"cache_implementation": "static", "disable_compile": keys == "static"}
    if keys == "graphs":
        settings["compile_config"] = CompileConfig(backend="cudagraphs", mode=cast(str, None))
    return settings


def _penalties(decoding: Decoding) -> LogitsProcessorList:
    """The repetition penalty, if there is one.

    As one of the settings it would skip as many ids as a row has padding, and what is padded here
    are embeddings: a row's answer would depend on the other rows.
    """
    if decoding.repetition_penalty == 1:
        return LogitsProcessorList()
    return LogitsProcessorList([RepetitionPenaltyLogitsProcessor(decoding.repetition_penalty)])


def _reordered(embeds: Tensor, order: Tensor) -> Tensor:
    """(B, N, D) with the places of each row in the order (B, N)."""
    return embeds.gather(1, order[:, :, None].expand_as(embeds))


def _until_end(ids: list[int], end: int | list[int] | None) -> list[int]:
    """Without the padding of a row that ended before others."""
    ends = {end} if isinstance(end, int) else set(end or ())
    for place, token in enumerate(ids):
        if token in ends:
            return ids[: place + 1]
    return ids
