"""What can go wrong between a file and its scores."""

from workbench.core.errors import MintError


class MintModelError(MintError):
    """Base of the errors of this package."""


class UnreadableImageError(MintModelError):
    """An image that cannot be decoded: truncated, corrupt, too large, or not an image."""


class CheckpointError(MintModelError):
    """Weights that do not fit: a name is missing, unexpected, or has another shape."""


class UnknownNameError(CheckpointError):
    """A checkpoint holds a name that is neither mapped nor known to be unneeded."""


class TokenizerError(MintModelError):
    """A tokenizer that is absent, unreadable, or larger than the model's vocabulary."""


class VerificationError(MintModelError):
    """Reference outputs that are incomplete, have unknown parts, or do not fit their model."""


class StorageError(MintModelError):
    """A folder that cannot be written: it already exists, or its disk is full or refuses."""
