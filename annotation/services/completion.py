"""The code that a rater hands to whoever pays them, for a session that is done."""

from django.utils.crypto import salted_hmac

from ..models.rater import ALPHABET

_LENGTH = 8


def completion_code(session_id: int) -> str:
    """Eight letters and digits that only this site can make, such as `K7PT-9XQR`.

    Nothing is stored: the owner's list makes the same codes again.
    """
    digest = salted_hmac("annotation.completion", str(session_id), algorithm="sha256").digest()
    letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:_LENGTH])
    return f"{letters[:4]}-{letters[4:]}"
