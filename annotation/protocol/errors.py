"""What the pure protocol raises."""

from collections.abc import Callable
from typing import Any

from workbench.core.errors import MintError


class ProtocolError(MintError):
    """A study setting or an answer that the protocol does not allow; the message says which.

    With `params`, the message is a template that can be said in another language.
    """

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message % params if params else message)
        self.template = message
        self.params = params

    def said(self, translate: Callable[[str], str]) -> str:
        """The message, its template translated."""
        return translate(self.template) % self.params if self.params else self.message
