"""Requests that are sent a second time, because their answer got lost: done once.

As draft-ietf-httpapi-idempotency-key-header has it. Only a success is kept: what was refused, or
failed, changed nothing, and may be tried again with the same key.
"""

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from workbench.core.errors import MintError

from .models import KeptAnswer, User

#: How long an answer is kept.
KEPT = timedelta(hours=24)
#: When a request without an answer counts as broken off: no server works on one for so long.
BROKEN_OFF = timedelta(minutes=10)
_FORM = re.compile(r"[!#-~]{1,255}", re.ASCII)


class KeyInvalidError(MintError):
    """Not 1 to 255 printable characters."""

    code = "idempotency_key_invalid"


class KeyReusedError(MintError):
    """The key came with another request before."""

    code = "idempotency_key_reused"
    status = 422


class RequestUnderWayError(MintError):
    """The first request with the key is still being answered."""

    code = "idempotency_key_in_use"
    status = 409


@dataclass(frozen=True)
class Answer:
    """Of the first request with a key."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Claim:
    """The right to answer the first request with a key: `keep` the answer or `release` the key."""

    pk: int
    key: str

    def keep(self, answer: Answer) -> None:
        KeptAnswer.objects.filter(pk=self.pk).update(
            status=answer.status,
            headers=answer.headers,
            body=_cipher(self.key).encrypt(answer.body),
        )

    def release(self) -> None:
        KeptAnswer.objects.filter(pk=self.pk).delete()


def claim(*, user: User, key: str, request_sha256: str) -> Claim | Answer:
    """The answer that the key's request was given, or the right to answer it now.

    Raises KeyInvalidError, KeyReusedError, RequestUnderWayError.
    """
    key = key.strip(" \t").strip('"')
    if not _FORM.fullmatch(key):
        raise KeyInvalidError(_("Idempotency-Key: give 1 to 255 printable ASCII characters."))
    _forget_old()
    which = {"user": user, "key_sha256": _hash(key)}
    try:
        with transaction.atomic():
            made = KeptAnswer.objects.create(**which, request_sha256=request_sha256)
    except IntegrityError:
        return _answer(KeptAnswer.objects.filter(**which).first(), key, request_sha256)
    return Claim(made.pk, key)


def _answer(found: KeptAnswer | None, key: str, request_sha256: str) -> Answer:
    if found is not None and found.request_sha256 != request_sha256:
        raise KeyReusedError(
            _("This Idempotency-Key came with another request. Take a new key for each request.")
        )
    if found is None or found.status is None:
        raise RequestUnderWayError(
            _("The first request with this Idempotency-Key is still under way. Try again later.")
        )
    return Answer(found.status, found.headers, _cipher(key).decrypt(bytes(found.body)))


def _forget_old() -> None:
    now = timezone.now()
    broken_off = Q(status=None, created_at__lt=now - BROKEN_OFF)
    KeptAnswer.objects.filter(Q(created_at__lt=now - KEPT) | broken_off).delete()


def _hash(key: str) -> str:
    """Not the key itself, which the answer is encrypted with."""
    return sha256(f"key {settings.SECRET_KEY} {key}".encode()).hexdigest()


def _cipher(key: str) -> Fernet:
    secret = sha256(f"answer {settings.SECRET_KEY} {key}".encode()).digest()
    return Fernet(urlsafe_b64encode(secret))
