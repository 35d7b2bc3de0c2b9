"""The strategies, found by name."""

from importlib import import_module
from pkgutil import iter_modules

from workbench.core.registry import Registry

from . import strategies
from .base import Strategy

STRATEGIES: Registry[Strategy] = Registry("acquisition strategy")
#: The strategy of a predictor that names none; it comes first in lists.
DEFAULT_STRATEGY = "reduction"


def _register_all() -> None:
    """Every module of `strategies`: a new file there is all that a new strategy takes."""
    names = [module.name for module in iter_modules(strategies.__path__)]
    for name in sorted(names, key=lambda it: (it != DEFAULT_STRATEGY, it)):
        STRATEGIES.register(import_module(f"{strategies.__name__}.{name}").STRATEGY)


_register_all()
