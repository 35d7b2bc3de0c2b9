"""The sizes of a MINT-IQA model, stage 1."""

from typing import Any

from transformers import PreTrainedConfig
from transformers.configuration_utils import SubConfigSpec
from transformers.models.blip_2.configuration_blip_2 import Blip2QFormerConfig, Blip2VisionConfig

from .vocabulary import MAX_PROMPT_TOKENS

#: What the published model's three heads score, in their order. A study's model has one head for
#: each perspective of the study (`MintIQAConfig.heads`).
PERSPECTIVES = ("quality", "authenticity", "correspondence")


class MintIQAConfig(PreTrainedConfig):
    """Sizes of stage 1: vision transformer, Q-Former, linear heads.

    Source: MINT-IQA (arXiv 2405.07346, section 4) and its released code; the defaults are the
    published size (EVA-CLIP ViT-g/14 at 224 px, BERT-base Q-Former with 32 queries).
    """

    model_type = "mint_iqa"
    sub_configs_defaults = {
        "vision_config": SubConfigSpec(Blip2VisionConfig),
        "qformer_config": SubConfigSpec(Blip2QFormerConfig),
    }

    # Any: given as dict, config or None, always a config afterwards.
    vision_config: Any = None
    qformer_config: Any = None
    num_query_tokens: int = 32
    #: Names of the heads, in the order of the scores; the published three by default.
    heads: list[str] | None = None
    #: Width of the layer between the two linear layers of a head.
    head_hidden_size: int = 48
    #: Outputs of a head; only `used_output` is a score.
    head_outputs: int = 3
    used_output: int = 1
    #: `ln_vision` keeps torch's default in the released code, unlike the blocks before it.
    ln_vision_eps: float = 1e-5
    #: Prompts are cut to this many tokens, [CLS] and [SEP] included.
    max_prompt_tokens: int = MAX_PROMPT_TOKENS
    #: An extra token that the tokenizer must have ([DEC] in BLIP-2), or None.
    bos_token: str | None = None
    initializer_range: float = 0.02

    def __post_init__(self, **kwargs: Any) -> None:
        super().__post_init__(**kwargs)  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        self.heads = list(PERSPECTIVES) if self.heads is None else self.heads
        self.qformer_config.encoder_hidden_size = self.vision_config.hidden_size
        self.qformer_config.use_qformer_text_input = True

    @property
    def head_names(self) -> tuple[str, ...]:
        """In the order of the scores."""
        return tuple(self.heads or ())

    @property
    def image_size(self) -> int:
        """Side of the square that the model sees, in pixels."""
        return int(self.vision_config.image_size)

    @property
    def embedding_size(self) -> int:
        """Length of the pooled embedding on which the heads are linear."""
        return int(self.qformer_config.hidden_size)
