"""API tokens: made with a name and scopes, noted when used, revoked. Only their hash is stored."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.settings import knox_settings

from ..core.errors import MintError
from .acts import tell
from .models import ApiToken, TokenScope, User

#: A script that asks often does not write as often.
_NOTED_AFTER = timedelta(minutes=1)
#: A use that follows no other within this time is an act of its own in the audit trail.
_ACT_AFTER = timedelta(hours=1)


class TokenError(MintError):
    """A token without a name, or for nothing that there is."""

    code = "token_invalid"


@transaction.atomic
def make_token(
    account: User,
    *,
    name: str,
    scopes: Collection[str],
    studies: Collection[str] = (),
    days: int | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its secret, which is nowhere else.

    Args:
        scopes: among `open_scopes`.
        studies: slugs among `own_studies`; none: all that the account may see.
        days: until it expires; at most, and if left out, API_TOKEN_DAYS.

    Raises TokenError.
    """
    asked = [str(scope) for scope in open_scopes(account) if scope in scopes]
    if not name.strip() or len(name.strip()) > 100 or "\0" in name:
        raise TokenError(_("Give the token a name of up to 100 characters."))
    if not asked or len(asked) != len(set(scopes)):
        raise TokenError(_("Choose what the token may be used for."))
    if TokenScope.PEOPLE in asked and studies:
        raise TokenError(_("A token for the accounts of the site is not for some studies alone."))
    if settings.TOKENS_NEED_TWO_FACTOR and not is_mfa_enabled(account):
        raise TokenError(_("Set up two-factor sign-in first: this site asks it of token owners."))
    opened = [slug for slug, _title in own_studies(account) if slug in studies]
    if len(opened) != len(set(studies)):
        raise TokenError(_("Choose among the studies that you may see."))
    longest = knox_settings.TOKEN_TTL
    lives = longest if days is None else min(longest, timedelta(days=days))
    token, secret = ApiToken.objects.create(
        account, expiry=lives, name=name.strip(), scopes=asked, studies=opened
    )
    tell(account, "token.created", name=token.name, scopes=asked, studies=opened)
    return token, secret


def open_scopes(account: User) -> list[TokenScope]:
    """What a token of the account may be for."""
    return [scope for scope in TokenScope if account.is_staff or scope != TokenScope.PEOPLE]


def own_studies(account: User) -> list[tuple[str, str]]:
    """Slug and title of the studies that the account may see: a lab administrator's are all."""
    # Memberships are on the floor above; the account knows them by the name of their relation.
    # Every study has an owner, so those of all accounts are of all studies.
    members = account.memberships.model.objects.all() if account.is_staff else account.memberships
    found = members.order_by("study__title", "study__slug")
    return list(found.values_list("study__slug", "study__title").distinct())


@transaction.atomic
def revoke_token(account: User, key: str) -> bool:
    """Whether the account had such a token; it opens nothing from now on."""
    token = ApiToken.objects.select_for_update().filter(user=account, token_key=key).first()
    if token is None:
        return False
    token.delete()
    tell(account, "token.revoked", name=token.name)
    return True


def revoke_all_tokens(account: User, *, actor: User | None) -> int:
    """How many there were. Call it inside the transaction of the act."""
    count, _each = ApiToken.objects.filter(user=account).delete()
    if count:
        tell(actor, "token.all_revoked", account=account.username, count=count)
    return int(count)


@receiver(post_save, sender=User)
def _password_saved(instance: User, created: bool, **_rest: Any) -> None:
    """A new password ends the tokens, whichever way it came: they open what it guards."""
    # Django forgets the password right after this.
    if not created and getattr(instance, "_password", None) is not None:
        revoke_all_tokens(instance, actor=None)


@transaction.atomic
def note_use(token: ApiToken) -> None:
    """Keeps when the token was used last."""
    now = timezone.now()
    unnoted = Q(last_used_at=None) | Q(last_used_at__lt=now - _NOTED_AFTER)
    # Of requests at the same moment one finds it unnoted.
    if not ApiToken.objects.filter(unnoted, pk=token.pk).update(last_used_at=now):
        return
    if token.last_used_at is None or token.last_used_at < now - _ACT_AFTER:
        tell(token.user, "token.used", name=token.name)
