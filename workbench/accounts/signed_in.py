"""The account behind a request, and whether it is still the person who signed in."""

from allauth.account.decorators import reauthentication_required
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest
from rest_framework.request import Request

from .models import User


def signed_in(request: HttpRequest | Request) -> User:
    """The request's account, for views that only accounts reach."""
    if not isinstance(request.user, User):
        raise TypeError("the view admits visitors; require an account first")
    return request.user


def _has_second_factor(request: HttpRequest) -> bool:
    return bool(is_mfa_enabled(signed_in(request)))


#: For views that open a door for long: an account with two-factor sign-in is asked again before a
#: change, unless it did so within the last five minutes.
asks_again = reauthentication_required(allow_get=True, enabled=_has_second_factor)
