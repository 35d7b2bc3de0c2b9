"""Who an API token belongs to."""

import re

import knox.auth
from django.utils.translation import gettext as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from rest_framework.exceptions import AuthenticationFailed

from .models import ApiToken, User
from .tokens import note_use

_FORM = re.compile(rb"\w+", re.ASCII)


class TokenAuthentication(knox.auth.TokenAuthentication):
    """knox's, for headers of any bytes: it decodes and looks up whatever it is given."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        if not _FORM.fullmatch(token):
            raise AuthenticationFailed(_("Invalid token."))
        account, found = super().authenticate_credentials(token)
        note_use(found)
        return account, found


class TokenScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]
    """How the API's schema describes it."""

    target_class = "workbench.accounts.authentication.TokenAuthentication"
