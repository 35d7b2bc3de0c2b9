"""What the pure protocol raises."""


class ProtocolError(ValueError):
    """A study setting or an answer that the protocol does not allow; the message says which."""
