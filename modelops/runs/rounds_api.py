"""The model API: rounds of acquisition, and what came of each."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.models import Trial
from annotation.studies.selectors import find_study
from workbench.accounts.api_views import ApiListView, ApiView

from ..models import AcquisitionRound
from ..permissions import VIEW
from .rounds import outcome_of, round_after, round_before, round_of, rounds_of


class AcquisitionRoundSerializer(serializers.ModelSerializer[AcquisitionRound]):
    """One writing of a study's priorities. `model`: the version that made it. `candidates`: the
    images that it ranked, of which `selected` come first. `parameters`: as a rule `count`, how many
    images it was to put first, `seed`, `ratings`, how many the study's opinion scores rested on,
    and `odd`, images that looked like nothing else."""

    model = serializers.IntegerField(source="model_version.number", read_only=True)
    predictor = serializers.CharField(source="model_version.predictor.name", read_only=True)
    parameters = serializers.DictField(read_only=True)

    class Meta:
        model = AcquisitionRound
        fields = [
            "id",
            "model",
            "predictor",
            "strategy",
            "strategy_version",
            "parameters",
            "candidates",
            "selected",
            "created_at",
        ]


class GivenRatingsSerializer(serializers.Serializer[Any]):
    """Ratings that count, by why they were asked for, and of how many images they are."""

    draw = serializers.ChoiceField(Trial._meta.get_field("draw").choices or [])
    ratings = serializers.IntegerField()
    images = serializers.IntegerField()


class RoundOutcomeSerializer(serializers.Serializer[Any]):
    """What raters gave from the round on and before the next one. `images` counts each once;
    `not_counting`: answers in practice and warm-up, repeats, gold images, and those of raters or
    images that are excluded."""

    ratings = serializers.IntegerField()
    images = serializers.IntegerField()
    by_draw = GivenRatingsSerializer(many=True)
    not_counting = serializers.IntegerField()


class RoundDetailSerializer(AcquisitionRoundSerializer):
    """A round and what came of it `until` the next one was made; null until then. `before` and
    `after`: the rounds next to it, by their `id`."""

    until = serializers.DateTimeField(allow_null=True)
    before = serializers.IntegerField(allow_null=True)
    after = serializers.IntegerField(allow_null=True)
    outcome = RoundOutcomeSerializer()

    class Meta(AcquisitionRoundSerializer.Meta):
        fields = [*AcquisitionRoundSerializer.Meta.fields, "until", "before", "after", "outcome"]


class RoundListView(ApiListView[AcquisitionRound]):
    """The study's rounds of acquisition, newest first."""

    serializer_class = AcquisitionRoundSerializer
    queryset = AcquisitionRound.objects.none()
    filters = {
        "model": "model_version__number",
        "strategy": "strategy",
        "since": "created_at__gte",
    }
    orders = ("created_at",)

    def get_queryset(self) -> QuerySet[AcquisitionRound]:
        return rounds_of(find_study(self.request.user, self.kwargs["slug"], VIEW))


class RoundDetailView(ApiView):
    @extend_schema(responses=RoundDetailSerializer)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """One round of acquisition, and what raters gave until the next one. 404 `no_round` if the
        study has no such round."""
        found: Any = round_of(find_study(request.user, slug, VIEW), pk)
        before, after = round_before(found), round_after(found)
        found.until = after.created_at if after else None
        found.before = before.pk if before else None
        found.after = after.pk if after else None
        found.outcome = outcome_of(found, found.until)
        return Response(RoundDetailSerializer(found).data)
