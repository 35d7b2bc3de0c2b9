"""MINT-IQA: scores for an image and its prompt, and words for them, in plain torch.

One image from file to scores, in reading order: `processing` (the whole way) → `preprocessing`
(pixels) and `tokenization` (prompt) → `modeling` (pixels and tokens to scores). `engine` goes that
way with many images at once. `answering` goes on from there: a question about the image to an
answer in words, by `explaining` and `language`. Beside them: `configuration` and `presets` hold the
sizes, `checkpoint` finds, loads and saves models, `released` and `conversion` make them of the
released checkpoint, `starting` of what that started from; `verification` compares with its outputs.
"""

from .answering import (
    Answerer,
    Speech,
    load_answerer,
    load_language_model,
    load_speech,
    save_speech,
    start_speech,
    tiny_language_model,
)
from .checkpoint import (
    LoadedExplainer,
    LoadedModel,
    backbone_hash,
    from_blip2,
    load_explainer,
    load_model,
    save_model,
)
from .configuration import PERSPECTIVES, MintIQAConfig, MintIQAExplainerConfig
from .conversion import convert_state_dict, load_official
from .devices import native_precision, processor_cores
from .engine import Engine, Item
from .errors import (
    CheckpointError,
    DeviceError,
    MintModelError,
    TokenizerError,
    UnknownNameError,
    UnreadableImageError,
)
from .explaining import GREEDY, Decoding, MintIQAExplainer, MintIQAExplanation, Tokens
from .language import (
    LanguageTokenizer,
    load_language_tokenizer,
    read_language_tokenizer,
    tiny_language_tokenizer,
)
from .modeling import MintIQAModel, MintIQAOutput, with_bfloat16_products
from .preprocessing import PIXEL_MEAN, PIXEL_STD, image_to_pixels, normalise, try_image_to_pixels
from .presets import PRESETS, explainer_preset_config, preset_config
from .processing import MintIQAProcessor, ModelInputs, score_image
from .tokenization import PromptTokenizer, load_tokenizer, train_tiny_tokenizer

__all__ = [
    "GREEDY",
    "PERSPECTIVES",
    "PIXEL_MEAN",
    "PIXEL_STD",
    "PRESETS",
    "Answerer",
    "CheckpointError",
    "Decoding",
    "DeviceError",
    "Engine",
    "Item",
    "LanguageTokenizer",
    "LoadedExplainer",
    "LoadedModel",
    "MintIQAConfig",
    "MintIQAExplainer",
    "MintIQAExplainerConfig",
    "MintIQAExplanation",
    "MintIQAModel",
    "MintIQAOutput",
    "MintIQAProcessor",
    "MintModelError",
    "ModelInputs",
    "PromptTokenizer",
    "Speech",
    "TokenizerError",
    "Tokens",
    "UnknownNameError",
    "UnreadableImageError",
    "backbone_hash",
    "convert_state_dict",
    "explainer_preset_config",
    "from_blip2",
    "image_to_pixels",
    "load_answerer",
    "load_explainer",
    "load_language_model",
    "load_language_tokenizer",
    "load_model",
    "load_official",
    "load_speech",
    "load_tokenizer",
    "native_precision",
    "normalise",
    "preset_config",
    "processor_cores",
    "read_language_tokenizer",
    "save_model",
    "save_speech",
    "score_image",
    "start_speech",
    "tiny_language_model",
    "tiny_language_tokenizer",
    "train_tiny_tokenizer",
    "try_image_to_pixels",
    "with_bfloat16_products",
]
