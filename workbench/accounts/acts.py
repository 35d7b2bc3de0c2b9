"""What accounts do, told to whoever keeps the audit trail: it is on a floor above this one.

`acted` is sent with `actor` (None: nobody who is known), `action` (`noun.verb`) and `detail`.
"""

from typing import Any

from allauth.account import signals as allauth
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_login_failed
from django.dispatch import Signal, receiver

from .models import User

acted = Signal()


def tell(actor: User | None, action: str, **detail: Any) -> None:
    """Call it inside the transaction of the act."""
    acted.send(sender=None, actor=actor, action=action, detail=detail)


@receiver(allauth.user_logged_in)
def _signed_in(user: User, **_rest: Any) -> None:
    tell(user, "account.signed_in")


@receiver(allauth.user_logged_out)
def _signed_out(user: User | None, **_rest: Any) -> None:
    if user is not None:
        tell(user, "account.signed_out")


@receiver(user_login_failed)
def _refused(credentials: dict[str, Any], **_rest: Any) -> None:
    """Only for names of accounts: others may be passwords in the wrong field."""
    name = str(credentials.get("username") or credentials.get("login") or "")
    if "\0" not in name and User.objects.filter(username=name).exists():
        tell(None, "account.refused", account=name)


@receiver([allauth.password_changed, allauth.password_reset, allauth.password_set])
def _new_password(user: User, **_rest: Any) -> None:
    tell(user, "account.new_password")


@receiver(mfa.authenticator_added)
def _factor_added(user: User, **_rest: Any) -> None:
    tell(user, "account.factor_added")


@receiver(mfa.authenticator_removed)
def _factor_removed(user: User, **_rest: Any) -> None:
    tell(user, "account.factor_removed")


@receiver(mfa.authenticator_reset)
def _codes_renewed(user: User, **_rest: Any) -> None:
    tell(user, "account.codes_renewed")
