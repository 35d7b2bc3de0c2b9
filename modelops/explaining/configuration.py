"""The sizes of stage 2, published and tiny.

Source: arXiv 2405.07346, sections 4 and 5; the shapes of the released checkpoint (`MINTIQA.pt`).
"""

from collections.abc import Callable, Mapping
from typing import Any, Self

from transformers import AutoConfig, LlamaConfig, PreTrainedConfig
from transformers.configuration_utils import SubConfigSpec

from ..predictors.mint.configuration import MintIQAConfig
from ..predictors.mint.presets import preset_config
from ..predictors.mint.released_sizes import config_from_sizes, widths

#: Size of the vocabulary of the tiny preset's language model, including 256 single bytes.
TINY_LANGUAGE_VOCABULARY = 1024


class MintIQAExplainerConfig(MintIQAConfig):
    """Sizes of stage 2: a trunk in stage 1's sizes, and any causal language model.

    `language_config` is a configuration that `transformers` knows, or its dict with a `model_type`
    (`llama` if it has none). Source: MINT-IQA (arXiv 2405.07346, section 4), where the language
    model is that of InstructBLIP-Vicuna-7B. What MintIQAConfig says of heads is not used.
    """

    model_type = "mint_iqa_explainer"
    sub_configs_defaults = {
        **MintIQAConfig.sub_configs_defaults,
        "language_config": SubConfigSpec(AutoConfig, model_type="llama"),
    }

    # Any: given as dict, config or None, always a config afterwards.
    language_config: Any = None

    @classmethod
    def of(cls, trunk: MintIQAConfig, language: PreTrainedConfig) -> Self:
        """The sizes of the explanation model that goes with stage 1 in the sizes of `trunk`."""
        own = trunk.to_dict()
        del own["model_type"]
        return cls(**own, language_config=language)


def _tiny_language() -> LlamaConfig:
    """Half a million parameters; it has the tokens of `tiny_language.tiny_language_tokenizer`."""
    return LlamaConfig(
        vocab_size=TINY_LANGUAGE_VOCABULARY,
        hidden_size=96,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=288,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )


def _vicuna() -> LlamaConfig:
    """Vicuna-7B, 6.7 billion parameters, with the [PAD] that InstructBLIP adds at its end."""
    return LlamaConfig(vocab_size=32001, pad_token_id=32000)


_LANGUAGES: dict[str, Callable[[], LlamaConfig]] = {"tiny": _tiny_language, "vit-g": _vicuna}


def explainer_preset_config(name: str) -> MintIQAExplainerConfig:
    """A fresh configuration of the preset's stage 2; ValueError lists the presets."""
    return MintIQAExplainerConfig.of(preset_config(name), _LANGUAGES[name]())


def explainer_config_from_sizes(sizes: Mapping[str, Any]) -> MintIQAExplainerConfig:
    """The configuration of stage 2 and its language model, from checked sizes."""
    llm = sizes["llm"]
    language = LlamaConfig(
        vocab_size=llm["vocab_size"], **widths(llm), pad_token_id=llm.get("pad_token_id")
    )
    return MintIQAExplainerConfig.of(config_from_sizes(sizes), language)
