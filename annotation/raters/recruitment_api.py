"""The owner API: where raters come from, and whom to pay."""

from dataclasses import asdict
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiView
from workbench.accounts.models import TokenScope
from workbench.accounts.signed_in import signed_in
from workbench.core.strict_schema import schema_of

from ..models import SharedLink
from ..protocol.recruitment import Recruitment
from ..studies.selectors import find_study
from .invitations import set_recruitment
from .paying import Payable, payables
from .services import record_download

_RECRUITMENT = {"application/json": schema_of(Recruitment)}


class PayableSerializer(serializers.Serializer[Payable]):
    """One participant of a crowd platform: how their part ended, how long it took, and the code
    that is theirs (empty if there is nothing to pay for yet)."""

    participant = serializers.CharField()
    values = serializers.DictField(child=serializers.CharField())
    rater = serializers.CharField()
    state = serializers.CharField()
    minutes = serializers.FloatField()
    ratings = serializers.IntegerField()
    code = serializers.CharField()


class RecruitmentView(ApiView):
    def lock(self, **kwargs: Any) -> None:
        list(SharedLink.objects.select_for_update().filter(study__slug=kwargs["slug"]))

    @extend_schema(responses={(200, "application/json"): schema_of(Recruitment)})
    def get(self, request: Request, slug: str) -> Response:
        """What the study's shared link reads of its visitors, and where each outcome leads."""
        return Response(_link(request, slug).platform.to_json())

    @extend_schema(
        request=_RECRUITMENT,
        responses={(200, "application/json"): schema_of(Recruitment)},
    )
    def put(self, request: Request, slug: str) -> Response:
        """Set both, as they are answered; what is left out has its default."""
        link = _link(request, slug)
        if not isinstance(request.data, dict):
            raise ValidationError
        set_recruitment(study=link.study, recruitment=request.data, actor=signed_in(request))
        link.refresh_from_db()
        return Response(link.platform.to_json())


class PaymentView(ApiView):
    #: It names people, by their numbers on the platform.
    token_scope = TokenScope.MANAGE

    @extend_schema(operation_id="studies_payment_list", responses=PayableSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Whom a crowd platform is to pay; for those who may know who the raters are."""
        study = find_study(request.user, slug, "annotation.read_identities")
        record_download(study=study, actor=signed_in(request), what="payment", names=True)
        rows: list[Any] = [asdict(item) for item in payables(study)]
        return Response(rows)


def _link(request: Request, slug: str) -> SharedLink:
    """Raises Http404 while the study has no shared link."""
    study = find_study(request.user, slug, "annotation.change_study")
    link = SharedLink.objects.filter(study=study).first()
    if link is None:
        raise Http404
    return link
