"""The API of people: what lab administrators do on the page People.

By a token with the scope `people` alone, not by a browser's cookie: the page asks an account with
two-factor sign-in again before it changes anything, which a script cannot be asked.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from ..core.api import ExactSerializer
from . import people as services
from .api_views import ApiListView, ApiView
from .authentication import TokenAuthentication
from .links import make_link
from .models import TokenScope, User
from .people_mail import mail_link
from .scopes import TokenScopes
from .signed_in import signed_in
from .tokens import revoke_all_tokens


class LabAdministrators(BasePermission):
    """Accounts that see every study and every account."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Raises PermissionDenied."""
        if not signed_in(request).is_staff:
            raise PermissionDenied(_("Only lab administrators may do this."))
        return True


class PersonSerializer(serializers.ModelSerializer[User]):
    """An account."""

    account = serializers.CharField(source="username")
    administrator = serializers.BooleanField(
        source="is_staff", help_text="Sees every study and every account."
    )
    active = serializers.BooleanField(source="is_active", help_text="Whether it can sign in.")
    two_factor = serializers.BooleanField(help_text="Whether it has two-factor sign-in.")
    created_at = serializers.DateTimeField(source="date_joined")
    last_sign_in = serializers.DateTimeField(source="last_login", allow_null=True)

    class Meta:
        model = User
        fields = [
            "account",
            "email",
            "administrator",
            "active",
            "two_factor",
            "created_at",
            "last_sign_in",
        ]


class PersonLinkSerializer(PersonSerializer):
    """With the link by which the person chooses a password, told this once."""

    link = serializers.URLField(help_text="Works once. Hand it over, or let it be mailed.")
    mailed = serializers.BooleanField(help_text="Whether the site has mailed it.")

    class Meta(PersonSerializer.Meta):
        fields = [*PersonSerializer.Meta.fields, "link", "mailed"]


class InviteSerializer(ExactSerializer):
    """A new account."""

    account = serializers.RegexField(
        r"^[\w.@+-]+$",
        max_length=150,
        help_text="What they sign in with: letters, digits and @ . + - _",
    )
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True, default="")
    administrator = serializers.BooleanField(default=False)


class PersonChangeSerializer(ExactSerializer):
    """What an account may do."""

    administrator = serializers.BooleanField(required=False)
    active = serializers.BooleanField(
        required=False,
        help_text="False: nobody signs in with it, and its tokens end; its studies stay. True: its "
        "owner chooses a new password by a link (`link`).",
    )


class RevokedSerializer(serializers.Serializer[Any]):
    revoked = serializers.IntegerField(help_text="How many tokens there were.")


class _PeopleView(ApiView):
    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated, TokenScopes, LabAdministrators]
    token_scope = TokenScope.PEOPLE


class PeopleView(_PeopleView, ApiListView[User]):
    queryset = services.people()
    serializer_class = PersonSerializer
    filters: ClassVar = {
        "account": "username__icontains",
        "active": "is_active",
        "administrator": "is_staff",
    }
    orders: ClassVar = ["username", "date_joined"]

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The accounts of the site, those that can sign in first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=InviteSerializer, responses={201: PersonLinkSerializer})
    def post(self, request: Request) -> Response:
        """Invite somebody: an account without a password, which they choose by the link."""
        given = _read(InviteSerializer(data=request.data))
        with transaction.atomic():
            account = services.invite(
                actor=signed_in(request), username=given.pop("account"), **given
            )
            link = _new_link(request, account)
        return Response(_with_link(account, link), status=201)


class PersonView(_PeopleView):
    def lock(self, **kwargs: Any) -> None:
        get_object_or_404(User.objects.select_for_update(), username=kwargs["account"])

    @extend_schema(responses=PersonSerializer)
    def get(self, request: Request, account: str) -> Response:
        """One account."""
        return Response(_told(account))

    @extend_schema(request=PersonChangeSerializer, responses=PersonSerializer)
    @transaction.atomic
    def patch(self, request: Request, account: str) -> Response:
        """Make somebody a lab administrator or no longer one; close an account, or open it again.

        Not your own: ask another administrator.
        """
        found, actor = _existing(account), signed_in(request)
        given = _read(PersonChangeSerializer(data=request.data, partial=True))
        if "administrator" in given:
            services.set_administrator(
                actor=actor, username=account, administrator=given["administrator"]
            )
        if given.get("active") is True:
            services.reopen_account(actor=actor, username=account)
        elif given.get("active") is False and found.is_active:
            services.close_account(actor=actor, username=account)
        return Response(_told(account))


class PersonLinkView(_PeopleView):
    @extend_schema(request=None, responses=PersonLinkSerializer)
    def post(self, request: Request, account: str) -> Response:
        """A new link by which the person chooses a password. Older ones stay good until used."""
        found = _existing(account)
        return Response(_with_link(found, _new_link(request, found)))


class PersonSignOutView(_PeopleView):
    @extend_schema(request=None, responses=PersonSerializer)
    def post(self, request: Request, account: str) -> Response:
        """End all sessions and password links of an account; its tokens stay good."""
        _existing(account)
        services.sign_out_everywhere(actor=signed_in(request), username=account)
        return Response(_told(account))


class PersonTokensView(_PeopleView):
    @extend_schema(request=None, responses=RevokedSerializer)
    @transaction.atomic
    def post(self, request: Request, account: str) -> Response:
        """Revoke all API tokens of an account."""
        found = _existing(account)
        return Response({"revoked": revoke_all_tokens(found, actor=signed_in(request))})


class PersonTwoFactorView(_PeopleView):
    @extend_schema(request=None, responses=PersonSerializer)
    def post(self, request: Request, account: str) -> Response:
        """Forget somebody's second factor: for a lost phone with lost recovery codes."""
        _existing(account)
        services.forget_two_factor(actor=signed_in(request), username=account)
        return Response(_told(account))


def _existing(account: str) -> User:
    """Raises Http404."""
    return get_object_or_404(User, username=account)


def _told(account: str) -> Any:
    return PersonSerializer(get_object_or_404(services.people(), username=account)).data


def _new_link(request: Request, account: User) -> str:
    return request.build_absolute_uri(make_link(account, actor=signed_in(request)))


def _with_link(account: User, link: str) -> dict[str, Any]:
    """Mailed too where the site can and the account has an address."""
    mailed = bool(settings.EMAIL_URL and account.email) and mail_link(account, link)
    return {**_told(account.username), "link": link, "mailed": mailed}


def _read(data: serializers.Serializer[Any]) -> dict[str, Any]:
    data.is_valid(raise_exception=True)
    return dict(data.validated_data)
