"""`Authorization: Rater <token>`: the token of a rater's link, no cookie, no account."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from ...models import Rater
from ...selectors.rating import Access, find_access
from ...services.raters import read_token
from ...services.rating_errors import LinkError, RaterExcludedError

_KEYWORD = "Rater"


class RaterPrincipal:
    """Who asks, for DRF: a rater, who is nobody's account."""

    is_authenticated = True
    is_anonymous = False
    pk = None

    def __init__(self, access: Access) -> None:
        self.access = access

    def __str__(self) -> str:
        return self.access.code


class RaterAuthentication(BaseAuthentication):
    """Answers 401 for a wrong or replaced link and 403 for an excluded rater. One statement."""

    def authenticate(self, request: Request) -> tuple[RaterPrincipal, Access] | None:
        keyword, _space, token = request.headers.get("Authorization", "").partition(" ")
        if keyword.lower() != _KEYWORD.lower():
            return None
        try:
            access = access_from_token(token.strip())
        except LinkError as error:
            raise AuthenticationFailed(error.message, error.code) from error
        return RaterPrincipal(access), access

    def authenticate_header(self, request: Request) -> str:
        return _KEYWORD


def access_from_token(token: str) -> Access:
    """The rater behind a link, with study and open session.

    Raises LinkError where the link is wrong or was replaced, RaterExcludedError.
    """
    code, version = read_token(token)
    access = find_access(code)
    if access is None or access.link_version != version:
        raise LinkError
    if access.rater_status != Rater.Status.ACTIVE:
        raise RaterExcludedError
    return access


class IsRater(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, Access)


class RaterScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # untyped library
    target_class = RaterAuthentication
    name = "raterToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Rater <token>`, the token of a rater's link.",
        }
