"""The configuration of MINT-IQA, stage 1."""

from typing import Any

from transformers import PreTrainedConfig
from transformers.models.blip_2 import Blip2QFormerConfig, Blip2VisionConfig


class MintIQAConfig(PreTrainedConfig):
    """Sizes of the two towers and the heads (arXiv 2405.07346, section 4).

    `vision_config` and `qformer_config` are the BLIP-2 ones, as objects or as dictionaries;
    `ln_vision_eps` is LAVIS's (torch's default), which differs from the blocks' own.
    """

    model_type = "mint_iqa"
    sub_configs = {"vision_config": Blip2VisionConfig, "qformer_config": Blip2QFormerConfig}

    def __init__(
        self,
        vision_config: dict[str, Any] | Blip2VisionConfig | None = None,
        qformer_config: dict[str, Any] | Blip2QFormerConfig | None = None,
        num_query_tokens: int = 32,
        head_hidden_size: int = 48,
        head_outputs: int = 3,
        used_output: int = 1,
        ln_vision_eps: float = 1e-5,
        max_prompt_tokens: int = 35,
        **kwargs: Any,
    ) -> None:
        if not isinstance(vision_config, Blip2VisionConfig):
            vision_config = Blip2VisionConfig(**(vision_config or {}))
        if not isinstance(qformer_config, Blip2QFormerConfig):
            qformer_config = Blip2QFormerConfig(**(qformer_config or {}))
        self.vision_config = vision_config
        self.qformer_config = qformer_config
        self.qformer_config.encoder_hidden_size = vision_config.hidden_size
        self.qformer_config.use_qformer_text_input = True
        self.num_query_tokens = num_query_tokens
        self.head_hidden_size = head_hidden_size
        self.head_outputs = head_outputs
        self.used_output = used_output
        self.ln_vision_eps = ln_vision_eps
        self.max_prompt_tokens = max_prompt_tokens
        super().__init__(**kwargs)
