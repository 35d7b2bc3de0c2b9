"""The owner API: a study's members."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiView
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer

from ..models import Membership, Study
from .members import (
    GIVEN_ROLES,
    add_member,
    change_member,
    lock_members,
    members_of,
    remove_member,
    transfer_ownership,
)
from .selectors import find_study


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """An account's part in the study."""

    account = serializers.CharField(source="user.username")

    class Meta:
        model = Membership
        fields = ["account", "role", "sees_names", "created_at"]


class MemberChangeSerializer(ExactSerializer):
    """A manager or a viewer; only managers can see the raters' names."""

    role = serializers.ChoiceField(choices=GIVEN_ROLES)
    sees_names = serializers.BooleanField(default=False)


class MemberAddSerializer(MemberChangeSerializer):
    account = serializers.CharField(max_length=150, help_text="What the person signs in with.")


class MemberListView(ApiView):
    @extend_schema(responses=MemberSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The study's members, the owner first."""
        study = find_study(request.user, slug, "annotation.change_study")
        return Response(MemberSerializer(members_of(study), many=True).data)

    @extend_schema(request=MemberAddSerializer, responses={201: MemberSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Add a member."""
        study = find_study(request.user, slug, "annotation.change_members")
        given = _read(MemberAddSerializer(data=request.data))
        member = add_member(study=study, actor=signed_in(request), **given)
        return Response(MemberSerializer(member).data, status=201)


class MemberView(ApiView):
    def lock(self, **kwargs: Any) -> None:
        lock_members(get_object_or_404(Study, slug=kwargs["slug"]))

    @extend_schema(responses=MemberSerializer)
    def get(self, request: Request, slug: str, account: str) -> Response:
        """What one member may do."""
        study = _study_with(request, slug, account, "annotation.change_study")
        return Response(MemberSerializer(members_of(study).get(user__username=account)).data)

    @extend_schema(request=MemberChangeSerializer, responses=MemberSerializer)
    def put(self, request: Request, slug: str, account: str) -> Response:
        """Change what a member may do; not the owner's, which goes by `ownership`."""
        study = _study_with(request, slug, account)
        given = _read(MemberChangeSerializer(data=request.data))
        member = change_member(study=study, actor=signed_in(request), account=account, **given)
        return Response(MemberSerializer(member).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, account: str) -> Response:
        """Remove a member; not the owner."""
        study = _study_with(request, slug, account)
        remove_member(study=study, actor=signed_in(request), account=account)
        return Response(status=204)


class OwnershipView(ApiView):
    @extend_schema(request=None, responses=MemberSerializer)
    def post(self, request: Request, slug: str, account: str) -> Response:
        """Make a member the owner; the former owner becomes a manager."""
        study = _study_with(request, slug, account)
        member = transfer_ownership(study=study, actor=signed_in(request), account=account)
        return Response(MemberSerializer(member).data)


def _study_with(
    request: Request, slug: str, account: str, permission: str = "annotation.change_members"
) -> Study:
    study = find_study(request.user, slug, permission)
    if not members_of(study).filter(user__username=account).exists():
        raise Http404
    return study


def _read(data: MemberChangeSerializer) -> dict[str, Any]:
    data.is_valid(raise_exception=True)
    return dict(data.validated_data)
