"""Accounts, made and closed by whoever runs the server: visitors cannot sign up."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from ..core.errors import MintError
from .acts import tell
from .models import User
from .tokens import revoke_all_tokens


class AccountError(MintError):
    """The account cannot be made or closed as asked, as things are."""

    code = "account"
    status = 409


class AccountInvalidError(AccountError):
    """No account can have such a name, address or password."""

    status = 400


@transaction.atomic
def make_account(
    username: str,
    password: str,
    *,
    email: str = "",
    administrator: bool = False,
    reactivate: bool = False,
) -> User:
    """A new account, or a deactivated one with a new password, made on the server.

    Args:
        administrator: sees every study (`is_staff`).
        reactivate: `username` is that of a deactivated account.

    Raises AccountError: with what to do.
    """
    account = _deactivated(username) if reactivate else unused(username)
    account.email = email or account.email
    account.is_staff = administrator
    account.is_active = True
    try:
        validate_password(password, account)
        account.set_password(password)
        account.full_clean()
    except ValidationError as error:
        raise AccountInvalidError(" ".join(error.messages)) from error
    account.save()
    tell(None, "account.created", account=account.username, administrator=administrator)
    return account


@transaction.atomic
def deactivate_account(username: str, *, actor: User | None = None) -> User:
    """Nobody signs in with it; its API tokens and sessions end now. Its studies stay.

    Sessions are signed with the password's hash, so they end with it, for good.

    Args:
        actor: None on the server itself.

    Raises AccountError: if there is no such account.
    """
    account = existing(username)
    account.is_active = False
    account.set_unusable_password()
    account.save()
    revoke_all_tokens(account, actor=actor)
    tell(actor, "account.deactivated", account=username)
    return account


def existing(username: str) -> User:
    """The account, locked. Raises AccountError."""
    account = User.objects.select_for_update().filter(username=username).first()
    if account is None:
        raise AccountError(f'There is no account "{username}"; names differ by case, too.')
    return account


def unused(username: str) -> User:
    """An account that is not saved yet. Raises AccountError."""
    # Two accounts that differ by case alone are confused by people, and so by allauth.
    taken = User.objects.filter(username__iexact=username).first()
    if taken is not None:
        raise AccountError(
            f'There is already an account "{taken.username}". Choose another name; for a new '
            f"password use `manage.py changepassword {taken.username}`, and for an account that "
            "was deactivated --reactivate."
        )
    return User(username=username)


def _deactivated(username: str) -> User:
    account = existing(username)
    if account.is_active:
        raise AccountError(f'The account "{username}" is active; leave out --reactivate.')
    return account
