"""Who an API token belongs to."""

import re

import knox.auth
from django.utils.translation import gettext as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from rest_framework.exceptions import AuthenticationFailed

from .models import User

_FORM = re.compile(rb"\w+", re.ASCII)


class TokenAuthentication(knox.auth.TokenAuthentication):
    """knox's, for headers of any bytes: it decodes and looks up whatever it is given."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, object]:
        if not _FORM.fullmatch(token):
            raise AuthenticationFailed(_("Invalid token."))
        found: tuple[User, object] = super().authenticate_credentials(token)
        return found


class TokenScheme(KnoxTokenScheme):
    """How the API's schema describes it."""

    target_class = "workbench.accounts.authentication.TokenAuthentication"
