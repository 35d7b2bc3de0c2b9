"""`Authorization: Rater <token>`: the token of a rater's link, no cookie, no account."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from ...raters.access import Access
from ...raters.errors import LinkError
from ...raters.services import rater_access

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
            access = rater_access(token.strip())
        except LinkError as error:
            raise AuthenticationFailed(error.message, error.code) from error
        return RaterPrincipal(access), access

    def authenticate_header(self, request: Request) -> str:
        return _KEYWORD


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
