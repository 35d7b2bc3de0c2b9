"""What a token's scopes let it do; people who are signed in by a browser need none."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from .models import ApiToken, TokenScope


class TokenScopes(BasePermission):
    """Asks a token for the view's scope (`token_scope`): reading needs `read` and changing
    `manage`, unless the view says otherwise."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises PermissionDenied that names the scope."""
        token = request.auth
        needed = needed_scope(view, request.method or "")
        if isinstance(token, ApiToken) and needed not in token.scopes:
            raise PermissionDenied(
                _("This token lacks the scope “%(scope)s”: create one that has it.")
                % {"scope": needed},
                code="token_scope",
            )
        return True


def needed_scope(view: Any, method: str) -> TokenScope:
    if method not in SAFE_METHODS:
        return TokenScope.MANAGE
    scope: TokenScope = getattr(view, "token_scope", TokenScope.READ)
    return scope
