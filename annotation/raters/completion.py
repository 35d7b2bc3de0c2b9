"""The code that a rater hands to whoever pays them, for a session that has ended."""

from django.utils.crypto import salted_hmac

from ..models.rater import ALPHABET
from ..protocol.sessions import SessionState

#: The states whose page shows a code. Who was stopped, or stopped of their own will, has worked
#: too, and is paid or not by whoever promised it, not by this page: the consent says that one may
#: stop without disadvantage.
WITH_CODE: frozenset[str] = frozenset(
    {SessionState.DONE, SessionState.STOPPED, SessionState.WITHDRAWN}
)
_LENGTH = 8


def completion_code(session_id: int) -> str:
    """Eight letters and digits that only this site can make, such as `K7PT-9XQR`.

    Nothing is stored: the owner's page of the rater makes the same codes again.
    """
    digest = salted_hmac("annotation.completion", str(session_id), algorithm="sha256").digest()
    letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:_LENGTH])
    return f"{letters[:4]}-{letters[4:]}"
