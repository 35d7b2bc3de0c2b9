"""What the pure protocol raises."""

from workbench.core.errors import MintError


class ProtocolError(MintError):
    """A study setting or an answer that the protocol does not allow; the message says which."""
