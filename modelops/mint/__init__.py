"""MINT-IQA: three scores for an image and its prompt, in plain torch.

Read in this order, one image from file to scores: `scoring` (the whole way) → `preprocessing`
(pixels) and `tokenization` (prompt) → `modeling` (pixels and tokens to scores). `configuration` and
`presets` hold the sizes, `checkpoint` finds and loads weights, `conversion` reads those that others
published.
"""

from .configuration import PERSPECTIVES, MintIQAConfig
from .errors import CheckpointError, MintModelError, UnreadableImageError
from .modeling import MintIQAModel, MintIQAOutput
from .preprocessing import PIXEL_MEAN, PIXEL_STD
from .presets import PRESETS, preset_config

__all__ = [
    "PERSPECTIVES",
    "PIXEL_MEAN",
    "PIXEL_STD",
    "PRESETS",
    "CheckpointError",
    "MintIQAConfig",
    "MintIQAModel",
    "MintIQAOutput",
    "MintModelError",
    "UnreadableImageError",
    "preset_config",
]
