"""MINT-IQA (arXiv 2405.07346): scores a generated image and its prompt from three perspectives."""

from .configuration import MintIQAConfig
from .modeling import MintIQAModel, MintIQAOutput
from .presets import PRESETS, preset_config

__all__ = ["PRESETS", "MintIQAConfig", "MintIQAModel", "MintIQAOutput", "preset_config"]
