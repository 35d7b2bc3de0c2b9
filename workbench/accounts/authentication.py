"""Who an API token belongs to."""

import re

import knox.auth
from django.utils.translation import gettext as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from .models import ApiToken, User
from .tokens import note_use

_FORM = re.compile(rb"\w+", re.ASCII)
_BEARER = re.compile(r"bearer\b", re.ASCII | re.IGNORECASE)


class TokenAuthentication(knox.auth.TokenAuthentication):
    """knox's, for headers of any bytes: it decodes and looks up whatever it is given."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Raises AuthenticationFailed; also for a token that is sent as most other sites want it,
        who would hear that there is none."""
        if _BEARER.match(request.headers.get("Authorization", "")):
            raise AuthenticationFailed(_("Send the token as “Authorization: Token …”, not Bearer."))
        found: tuple[User, ApiToken] | None = super().authenticate(request)
        return found

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        if not _FORM.fullmatch(token):
            raise AuthenticationFailed(_("Invalid token."))
        account, found = super().authenticate_credentials(token)
        note_use(found)
        return account, found


class TokenScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]
    """How the API's schema describes it."""

    target_class = "workbench.accounts.authentication.TokenAuthentication"
