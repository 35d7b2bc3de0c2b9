"""`Authorization: Rater <token>`: the token of a rater's link, no cookie, no account."""

from typing import Any

from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated

from ...raters.access import Access, rater_access

KEYWORD = "Rater"


class RaterAuthentication(BaseAuthentication):
    """Finds a rater, who has no account, by the link's token. One statement."""

    def authenticate(self, request: HttpRequest) -> tuple[None, Access]:
        """Raises NotAuthenticated without a token, LinkError for a wrong or replaced one (both are
        answered with 401) and RaterExcludedError (403)."""
        keyword, _space, token = request.headers.get("Authorization", "").partition(" ")
        if keyword.lower() != KEYWORD.lower():
            raise NotAuthenticated
        return None, rater_access(token.strip())


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
