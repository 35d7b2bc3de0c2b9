"""Links by which people choose a password: an invitation, or help for somebody who forgot theirs.

An administrator hands them over. Each works once, for PASSWORD_RESET_TIMEOUT, and until the account
is signed out everywhere or deactivated. Nothing is stored: they are signed, as Django's own are.
"""

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.urls import reverse
from django.utils.http import base36_to_int, int_to_base36

from .acts import tell
from .models import User


class _Signer(PasswordResetTokenGenerator):
    key_salt = "workbench.accounts.links"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.session_epoch}"


_signer = _Signer()


@transaction.atomic
def make_link(account: User, *, actor: User | None) -> str:
    """The path of a new link. Older ones stay good until one of them is used."""
    tell(actor, "account.link_made", account=account.username)
    key = f"{int_to_base36(account.pk)}-{_signer.make_token(account)}"
    return reverse("account-link", args=[key])


def account_of(key: str) -> User | None:
    """The account of a link that is good."""
    number, _dash, token = key.partition("-")
    try:
        account = User.objects.filter(pk=base36_to_int(number), is_active=True).first()
    except ValueError:
        return None
    return account if _signer.check_token(account, token) else None


def site_address() -> str:
    """Where the site is, as far as its settings say: for commands, which no browser asked."""
    if settings.CSRF_TRUSTED_ORIGINS:
        return str(settings.CSRF_TRUSTED_ORIGINS[0])
    own = ("localhost", "127.0.0.1", "[::1]", "*")
    host = next((name for name in settings.ALLOWED_HOSTS if name not in own), "localhost")
    return f"{'https' if settings.HTTPS else 'http'}://{host}"
