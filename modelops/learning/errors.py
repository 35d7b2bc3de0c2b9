"""What the pure learning core raises."""

from workbench.core.errors import MintError


class LearningError(MintError):
    """An input that nothing can be learned from, or an artifact that cannot be read."""


class DivergedError(LearningError):
    """The loss is not a finite number; more training would only spoil the weights."""


class TeamBrokenError(Exception):
    """One of the processes that train together was killed; the others cannot continue without it.

    Not a LearningError: nobody has to fix anything, the run continues from its checkpoint.
    """
