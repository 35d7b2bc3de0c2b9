"""Signatures after Standard Webhooks 1.0.0 (https://github.com/standard-webhooks, spec/)."""

import base64
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
#: The specification asks for 24 to 64.
_SECRET_BYTES = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(
    *, message_id: str, timestamp: int, body: bytes, secrets_now: Sequence[str]
) -> dict[str, str]:
    """The headers that say who sent `body` and when, with a signature by each secret.

    timestamp: of the attempt, seconds since 1970.
    """
    signed = b".".join([message_id.encode(), str(timestamp).encode(), body])
    signatures = [_signature(secret, signed) for secret in secrets_now]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
