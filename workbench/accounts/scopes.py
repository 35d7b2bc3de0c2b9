"""What a token's scopes and studies let it do; people who are signed in by a browser need none."""

from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from .models import ApiToken, TokenScope

Rows = TypeVar("Rows", bound=QuerySet[Any])


class TokenScopes(BasePermission):
    """Asks a token for the view's scope (`token_scope`): reading needs `read` and changing
    `manage`, unless the view says otherwise."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises PermissionDenied that names what is missing."""
        token = request.auth
        needed = needed_scope(view, request.method or "")
        if isinstance(token, ApiToken) and needed not in token.scopes:
            raise PermissionDenied(
                _("This token lacks the scope “%(scope)s”: create one that has it.")
                % {"scope": needed},
                code="token_scope",
            )
        if isinstance(token, ApiToken) and token.studies:
            _refuse_other_studies(token, request, view)
        return True


def within_token(request: Request, studies: Rows) -> Rows:
    """Of `studies` those that the request's token opens."""
    token = request.auth
    if isinstance(token, ApiToken) and token.studies:
        return studies.filter(slug__in=token.studies)
    return studies


def _refuse_other_studies(token: ApiToken, request: Request, view: Any) -> None:
    """Whether there is such a study makes no difference. Studies are listed as `within_token`."""
    slug = view.kwargs.get("slug")
    lists = slug is None and request.method in SAFE_METHODS
    if slug in token.studies or (lists and needed_scope(view, "GET") != TokenScope.PEOPLE):
        return
    raise PermissionDenied(
        _("This token is for these studies only: %(studies)s.")
        % {"studies": ", ".join(token.studies)},
        code="token_studies",
    )


def needed_scope(view: Any, method: str) -> TokenScope:
    scope: TokenScope = getattr(view, "token_scope", TokenScope.READ)
    if method not in SAFE_METHODS and scope != TokenScope.PEOPLE:
        return TokenScope.MANAGE
    return scope
