"""The owner API: the people behind raters, whom the owner invites by name."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiListView
from workbench.accounts.models import TokenScope
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer

from ..models import RaterIdentity
from ..studies.selectors import find_study
from .api import RaterSerializer
from .history import identities_for
from .invitations import invite_people
from .people import Person, checked_people
from .services import CREATED_AT_ONCE


class IdentitySerializer(serializers.ModelSerializer[RaterIdentity]):
    """Who a rater is."""

    rater = serializers.CharField(source="rater.code")

    class Meta:
        model = RaterIdentity
        fields = ["rater", "name", "email"]


class InvitedPersonSerializer(ExactSerializer):
    """A name, an e-mail address, or both."""

    name = serializers.CharField(max_length=200, allow_blank=True, default="")
    email = serializers.CharField(max_length=254, allow_blank=True, default="")


class InvitationSerializer(ExactSerializer):
    """Whom to invite."""

    people = serializers.ListField(
        child=InvitedPersonSerializer(), min_length=1, max_length=CREATED_AT_ONCE
    )


class IdentityListView(ApiListView[RaterIdentity]):
    """Who the study's raters are, as far as it was said; for those who may know."""

    serializer_class = IdentitySerializer
    queryset = RaterIdentity.objects.none()
    token_scope = TokenScope.MANAGE
    filters = {"rater": "rater__code", "email": "email"}
    orders = ("name", "email")

    def get_queryset(self) -> QuerySet[RaterIdentity]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.read_identities")
        found = identities_for(signed_in(self.request), study)
        return found.select_related("rater").order_by("pk")

    @extend_schema(request=InvitationSerializer, responses={201: RaterSerializer(many=True)})
    def post(self, request: Request, slug: str) -> Response:
        """Create a rater for each person, in their order, with the link to send to them. Nothing is
        mailed. Names are kept apart from the ratings, and never exported with them."""
        study = find_study(request.user, slug, "annotation.change_study")
        data = InvitationSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        given = (
            Person(item["name"].strip(), item["email"].strip())
            for item in data.validated_data["people"]
        )
        people = checked_people(enumerate(given, start=1))
        raters = invite_people(study=study, people=people, actor=signed_in(request))
        answer = RaterSerializer(raters, many=True, context={"request": request})
        return Response(answer.data, status=201)
