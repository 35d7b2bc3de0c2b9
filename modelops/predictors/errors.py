"""What can go wrong between a file and its scores."""

from workbench.core.errors import MintError


class ModelError(MintError):
    """Base of the errors of models and their files."""


class UnreadableImageError(ModelError):
    """An image that cannot be decoded: truncated, corrupt, too large, or not an image."""


class CheckpointError(ModelError):
    """Weights that do not fit: a name is missing, unexpected, or has another shape."""


class UnknownNameError(CheckpointError):
    """A checkpoint holds a name that is neither mapped nor known to be unneeded."""


class TokenizerError(ModelError):
    """A tokenizer that is absent, unreadable, or larger than the model's vocabulary."""


class VerificationError(ModelError):
    """Reference outputs that are incomplete, have unknown parts, or do not fit their model."""


class StorageError(ModelError):
    """A folder that cannot be written: it already exists, or its disk is full or refuses."""
