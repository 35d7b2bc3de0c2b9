"""The code for which a rater is paid, once a session has ended."""

from django.utils.crypto import salted_hmac

from ..models.rater import ALPHABET
from ..protocol.sessions import SessionState

#: The states whose page shows a code. A rater who was stopped, or chose to stop, has worked too;
#: the consent says that one may stop without disadvantage. Paying is up to the study's owner.
WITH_CODE: frozenset[str] = frozenset(
    {
        SessionState.DONE,
        SessionState.STOPPED,
        SessionState.SCREENED_OUT,
        SessionState.WITHDRAWN,
    }
)
_LENGTH = 8


def completion_code(session_id: int) -> str:
    """Eight letters and digits that only this site can make, such as `K7PT-9XQR`.

    Nothing is stored: the owner's page of the rater makes the same codes again.
    """
    digest = salted_hmac("annotation.completion", str(session_id), algorithm="sha256").digest()
    letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:_LENGTH])
    return f"{letters[:4]}-{letters[4:]}"
