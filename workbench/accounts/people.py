"""What lab administrators do with accounts on the page People; every act is in the audit trail."""

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from .acts import tell
from .models import User
from .services import AccountError, AccountInvalidError, deactivate_account, existing, unused


def people(*, search: str = "") -> QuerySet[User]:
    """Accounts by name with `two_factor`; `search` is part of a name or an address."""
    if "\0" in search:
        # PostgreSQL's texts cannot hold one, so nothing matches.
        return User.objects.none()
    factors = Authenticator.objects.filter(user=OuterRef("pk"))
    found = User.objects.annotate(
        two_factor=Exists(factors.exclude(type=Authenticator.Type.RECOVERY_CODES))
    )
    if search:
        found = found.filter(Q(username__icontains=search) | Q(email__icontains=search))
    return found.order_by("-is_active", "username")


@transaction.atomic
def invite(*, actor: User, username: str, email: str = "", administrator: bool = False) -> User:
    """A new account without a password, which its owner chooses by a link.

    Raises AccountError.
    """
    account = unused(username)
    account.email, account.is_staff = email, administrator
    account.set_unusable_password()
    try:
        account.full_clean()
    except ValidationError as error:
        raise AccountInvalidError(" ".join(error.messages)) from error
    account.save()
    tell(actor, "account.created", account=username, administrator=administrator)
    return account


@transaction.atomic
def set_administrator(*, actor: User, username: str, administrator: bool) -> None:
    """Raises AccountError for oneself, so that a site keeps an administrator."""
    account = _somebody_else(actor, username)
    if account.is_staff != administrator:
        account.is_staff = administrator
        account.save(update_fields=["is_staff"])
        tell(actor, "account.role_changed", account=username, administrator=administrator)


@transaction.atomic
def close_account(*, actor: User, username: str) -> None:
    """Raises AccountError for oneself."""
    _somebody_else(actor, username)
    deactivate_account(username, actor=actor)


@transaction.atomic
def reopen_account(*, actor: User, username: str) -> None:
    """It has no password until its owner chooses one by a link."""
    account = existing(username)
    if not account.is_active:
        account.is_active = True
        account.save(update_fields=["is_active"])
        tell(actor, "account.reactivated", account=username)


@transaction.atomic
def sign_out_everywhere(*, actor: User, username: str) -> None:
    """Ends all sessions and password links; the password and the API tokens stay good."""
    account = existing(username)
    account.session_epoch += 1
    account.save(update_fields=["session_epoch"])
    tell(actor, "account.signed_out_everywhere", account=username)


@transaction.atomic
def forget_two_factor(*, actor: User, username: str) -> None:
    """For somebody who lost their phone and their recovery codes."""
    account = existing(username)
    Authenticator.objects.filter(user=account).delete()
    tell(actor, "account.factors_forgotten", account=username)


def _somebody_else(actor: User, username: str) -> User:
    # All administrators are locked in one order: two who close each other's accounts at the same
    # moment would leave the site without one.
    staff = User.objects.select_for_update().filter(is_staff=True, is_active=True).order_by("pk")
    if actor.pk not in {account.pk for account in staff}:
        raise AccountError(_("You are no longer a lab administrator."))
    if actor.username == username:
        raise AccountError(_("Ask another administrator to do this with your own account."))
    return existing(username)
