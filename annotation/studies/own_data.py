"""What the site knows about an account, for the person whose account it is."""

from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q

from workbench.accounts.acts import tell
from workbench.accounts.models import ApiToken, User

from ..models import AuditEntry, Membership
from .acts import said


@transaction.atomic
def own_data(account: User) -> dict[str, Any]:
    """JSON, without anything that opens a door: no hash, key or code. Taking it is an act."""
    found = {
        "account": {
            "name": account.username,
            "first_name": account.first_name,
            "last_name": account.last_name,
            "email": account.email,
            "lab_administrator": account.is_staff,
            "created_at": account.date_joined,
            "last_sign_in": account.last_login,
        },
        "studies": list(_studies(account)),
        "second_factors": list(_factors(account)),
        "api_tokens": list(_tokens(account)),
        "activity": list(_activity(account)),
    }
    tell(account, "account.data_taken")
    return found


def _studies(account: User) -> Iterator[dict[str, Any]]:
    members = Membership.objects.filter(user=account).select_related("study").order_by("pk")
    for member in members:
        yield {
            "study": member.study.slug,
            "title": member.study.title,
            "role": member.role,
            "sees_names": member.sees_names,
            "since": member.created_at,
        }


def _factors(account: User) -> Iterator[dict[str, Any]]:
    for factor in Authenticator.objects.filter(user=account).order_by("pk"):
        yield {
            "type": factor.type,
            "created_at": factor.created_at,
            "last_used_at": factor.last_used_at,
        }


def _tokens(account: User) -> Iterator[dict[str, Any]]:
    for token in ApiToken.objects.filter(user=account).order_by("created"):
        yield {
            "name": token.name,
            "scopes": token.scopes,
            "studies": token.studies,
            "created_at": token.created,
            "expires_at": token.expiry,
            "last_used_at": token.last_used_at,
        }


def _activity(account: User) -> Iterator[dict[str, Any]]:
    """What they did, and what others did with their account; the latest first."""
    about = Q(actor=account) | Q(detail__account=account.username)
    for entry in AuditEntry.objects.filter(about).select_related("study"):
        yield {
            "at": entry.created_at,
            "by_you": entry.actor_id == account.pk,
            "study": entry.study.slug if entry.study else None,
            "action": entry.action,
            "words": said(entry),
        }
