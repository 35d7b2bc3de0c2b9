"""The kinds of predictor, found by name."""

from workbench.core.registry import Registry

from .base import PredictorKind
from .image_text_kind import IMAGE_TEXT
from .mint_kinds import TINY, VIT_G

PREDICTORS: Registry[PredictorKind] = Registry("kind of predictor")
for _kind in (TINY, VIT_G, IMAGE_TEXT):
    PREDICTORS.register(_kind)
