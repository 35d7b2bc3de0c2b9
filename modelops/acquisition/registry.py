"""The strategies, found by name."""

from workbench.core.registry import Registry

from .base import Strategy
from .lcmd import Lcmd
from .posterior import PosteriorSd
from .random import Random

STRATEGIES: Registry[Strategy] = Registry("acquisition strategy")
for _entry in (Lcmd(), PosteriorSd(), Random()):
    STRATEGIES.register(_entry)
#: The strategy of a predictor that names none.
DEFAULT_STRATEGY = "lcmd"
