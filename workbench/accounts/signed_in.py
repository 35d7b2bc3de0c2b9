"""The account behind a request."""

from django.http import HttpRequest
from rest_framework.request import Request

from .models import User


def signed_in(request: HttpRequest | Request) -> User:
    """The request's account, for views that only accounts reach."""
    if not isinstance(request.user, User):
        raise TypeError("the view admits visitors; require an account first")
    return request.user
