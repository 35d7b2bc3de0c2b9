"""The first account of a site, whose password only its owner ever knows."""

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction

from .acts import tell
from .links import make_link, site_address
from .models import User


@transaction.atomic
def first_link() -> tuple[User, str] | None:
    """The first administrator with a link to choose their password; None once anybody has one.

    Each start makes a new link until then, so that one in a log that nobody read is no loss.
    """
    if User.objects.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).exists():
        return None
    account = User.objects.filter(username=settings.FIRST_ADMINISTRATOR).first()
    if account is None:
        account = User(username=settings.FIRST_ADMINISTRATOR, is_staff=True)
        account.set_unusable_password()
        account.save()
        tell(None, "account.created", account=account.username, administrator=True)
    if not account.is_active:
        return None
    return account, site_address() + make_link(account, actor=None)
