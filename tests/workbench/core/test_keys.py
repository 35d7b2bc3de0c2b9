"""The site's key: weak ones are refused at start, earlier ones stay good for what they signed."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import signing
from pytest_django import Settings

from annotation.models import Rater
from annotation.raters.access import link_token
from annotation.webhooks.sealing import UnreadableSecretError, seal, unseal
from workbench.core.keys import WeakKeyError, refuse_weak_key
from workbench.storage import SignedFileSystemStorage, signature_is_valid

ROOT = Path(__file__).parents[3]
STRONG = "q8Zr-3vN" * 8


@pytest.mark.parametrize(
    "key", ["short", "a" * 60, "abcd" * 20, f"django-insecure-{STRONG}", f"change-me-{STRONG}"]
)
def test_a_key_that_can_be_guessed_is_refused_with_the_fix(key: str) -> None:
    with pytest.raises(WeakKeyError, match=r"token_urlsafe\(60\)") as refused:
        refuse_weak_key(key)
    assert key not in str(refused.value)


def test_of_these_keys_the_random_ones_pass() -> None:
    keys = [STRONG, secrets.token_urlsafe(60), STRONG[:49]]
    assert [key for key in keys if not is_refused(key)] == keys[:2]


def is_refused(key: str) -> bool:
    try:
        refuse_weak_key(key)
    except WeakKeyError:
        return True
    return False


def test_no_program_of_the_site_starts_with_a_weak_key() -> None:
    given = {"SECRET_KEY": "letmein", "DEBUG": "0", "PATH": os.environ["PATH"]}
    ran = subprocess.run(
        [sys.executable, "-c", "import workbench.settings"],
        cwd=ROOT, env=given, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode
    assert "SECRET_KEY can be guessed (it has 7 characters" in ran.stderr


@pytest.mark.django_db
def test_what_an_earlier_key_signed_stays_good_until_it_is_dropped(
    settings: Settings, rater: Rater
) -> None:
    token, sealed = link_token(rater), seal("of a webhook")
    image = SignedFileSystemStorage().url("a/b.png").partition("?s=")[2]
    earlier, settings.SECRET_KEY = settings.SECRET_KEY, STRONG
    settings.SECRET_KEY_FALLBACKS = [earlier]
    signer = signing.Signer(salt="annotation.rater", sep=".")
    assert signer.unsign(token)
    assert unseal(sealed) == "of a webhook"
    assert signature_is_valid("a/b.png", image)
    assert not signature_is_valid("a/c.png", image)
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(signing.BadSignature):
        signing.Signer(salt="annotation.rater", sep=".").unsign(token)
    with pytest.raises(UnreadableSecretError):
        unseal(sealed)
    assert not signature_is_valid("a/b.png", image)
