"""The base of every error that a user may see."""


class MintError(Exception):
    """An error whose message names the thing, the place and the fix; safe to show to a user."""

    #: Stable, machine-readable name used by the API next to the message.
    code = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
