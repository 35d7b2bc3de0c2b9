"""The model API: a version's certificates."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.studies.selectors import find_study
from workbench.accounts.api_views import ApiView
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer
from workbench.core.room import heavy

from ..judging.certificate import FALSE_DISCOVERIES, MARGIN, Lack
from ..permissions import RUN, VIEW
from ..registry.agreement import AgreementBusyError
from ..registry.selectors import version_of
from .agreement_api import MeasureSerializer
from .certificate_words import CertificateRow, certificate_rows
from .rest import rate_rest_by_model, rate_rest_by_raters


class ImpliedErrorSerializer(serializers.Serializer[Any]):
    """What a score is off by that rests on the model alone, on the perspective’s scale, and the
    number of ratings whose mean is as precise; null if no error is left."""

    rmse = MeasureSerializer()
    worth = serializers.FloatField(allow_null=True)


class CertificateSerializer(serializers.Serializer[Any]):
    """One perspective. `granted`: the model is as close to the panel as a left-out rater.
    `matched`: of the `tested` raters; `advantage`: how much more often a rater is closer to the
    others than the model, on average over those."""

    perspective = serializers.CharField(source="key")
    granted = serializers.BooleanField()
    lacks = serializers.ListField(child=serializers.ChoiceField([item.value for item in Lack]))
    words = serializers.CharField()
    images = serializers.IntegerField()
    matched = serializers.IntegerField()
    tested = serializers.IntegerField()
    advantage = serializers.FloatField(allow_null=True)
    error = ImpliedErrorSerializer(allow_null=True)


class CertificatesSerializer(serializers.Serializer[Any]):
    """`margin` and `false_discoveries`: of the alternative annotator test."""

    model = serializers.IntegerField()
    margin = serializers.FloatField()
    false_discoveries = serializers.FloatField()
    certificates = CertificateSerializer(many=True)


@heavy
class CertificatesView(ApiView):
    @extend_schema(responses=CertificatesSerializer)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """Whether a version is as close to the panel as a left-out rater.

        By hold-out images alone, from each perspective, and what it is off by if it rates the rest.
        503 while the first ones are computed."""
        rows = certificate_rows(version_of(find_study(request.user, slug, VIEW), number))
        if not rows:
            raise AgreementBusyError
        found = {
            "model": number,
            "margin": MARGIN,
            "false_discoveries": FALSE_DISCOVERIES,
            "certificates": [_certificate(row) for row in rows],
        }
        return Response(CertificatesSerializer(found).data)


class RestSerializer(ExactSerializer):
    """Who rates what is left of the pool: the `model` in use, or `raters`."""

    by = serializers.ChoiceField(["model", "raters"])


class RestView(ApiView):
    @extend_schema(request=RestSerializer, responses=RestSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Let the model in use rate the rest, or ask raters for it again.

        With `model`, raters are asked for no more images of the pool; predictions of them stay
        apart from opinion scores. 409 without a certificate from every perspective, or if it is so
        already."""
        study = find_study(request.user, slug, RUN)
        data = RestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        if data.validated_data["by"] == "model":
            rate_rest_by_model(study=study, actor=signed_in(request))
        else:
            rate_rest_by_raters(study=study, actor=signed_in(request))
        return Response(data.validated_data)


def _certificate(row: CertificateRow) -> dict[str, Any]:
    of = row.certificate
    ahead = [test.advantage for test in of.raters]
    return {
        "key": row.key,
        "granted": of.granted,
        "lacks": [lack.value for lack in of.lacks],
        "words": row.words,
        "images": of.images,
        "matched": row.matched,
        "tested": row.tested,
        "advantage": sum(ahead) / len(ahead) if ahead else None,
        "error": asdict(of.error) if of.error else None,
    }
