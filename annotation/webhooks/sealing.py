"""Secrets as the database keeps them: it alone does not tell them, the site's key is needed."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class UnreadableSecretError(Exception):
    """It was sealed with another key: the site's SECRET_KEY has changed since."""


def seal(secret: str) -> bytes:
    return _fernet().encrypt(secret.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """Raises UnreadableSecretError."""
    try:
        return _fernet().decrypt(bytes(sealed)).decode()
    except InvalidToken as error:
        raise UnreadableSecretError from error


def _fernet() -> MultiFernet:
    """Seals with the site's key; reads what it or an earlier one has sealed."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    return urlsafe_b64encode(sha256(f"webhook {key}".encode()).digest())
