"""The owner API: a study's stimuli."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiListView, ApiView
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer

from ..models import Stimulus
from ..studies.selectors import find_study
from .listing import SORTS, Listing
from .purposes import MOST_AT_ONCE, set_purpose


class StimulusSerializer(serializers.ModelSerializer[Stimulus]):
    """A stimulus; `thumbnail` and `image` are addresses that expire."""

    prompt = serializers.CharField(source="prompt.text")
    generator = serializers.CharField(source="generator.name")
    image = serializers.SerializerMethodField()
    thumbnail = serializers.SerializerMethodField()

    class Meta:
        model = Stimulus
        fields = [
            "id",
            "filename",
            "prompt",
            "generator",
            "split",
            "purpose",
            "attention_check",
            "state",
            "replaced_by",
            "sha256",
            "width",
            "height",
            "priority",
            "wanted_ratings",
            "claimed_ratings",
            "metadata",
            "image",
            "thumbnail",
        ]

    def get_image(self, stimulus: Stimulus) -> str | None:
        return self._address(stimulus.image.url) if stimulus.image else None

    def get_thumbnail(self, stimulus: Stimulus) -> str | None:
        return self._address(stimulus.thumbnail.url) if stimulus.thumbnail else None

    def _address(self, path: str) -> str:
        return str(self.context["request"].build_absolute_uri(path))


class StimulusQuerySerializer(serializers.Serializer[Any]):
    """Which stimuli, in which order; `perspective`: whose scores order them, the first one's if it
    is left out."""

    text = serializers.CharField(required=False, allow_blank=True, max_length=300)
    generator = serializers.CharField(required=False, allow_blank=True, max_length=300)
    split = serializers.ChoiceField(choices=[*Stimulus.Split], required=False, allow_blank=True)
    state = serializers.ChoiceField(
        choices=["unrated", "wanted", "complete", "out"], required=False, allow_blank=True
    )
    purpose = serializers.ChoiceField(
        choices=Stimulus.Purpose.values, required=False, allow_blank=True
    )
    sort = serializers.ChoiceField(choices=list(SORTS), required=False, allow_blank=True)
    perspective = serializers.SlugField(required=False, allow_blank=True)


class StimulusDetailView(ApiView):
    @extend_schema(responses=StimulusSerializer)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """One stimulus."""
        study = find_study(request.user, slug, "annotation.view_study")
        found = get_object_or_404(
            Stimulus.objects.select_related("prompt", "generator"), study=study, pk=pk
        )
        return Response(StimulusSerializer(found, context={"request": request}).data)


class PurposeSerializer(ExactSerializer):
    """What to use which images for; `scores` are expected of each of them, by perspective, on the
    study's scale. Without any, those known already are, or else what raters say so far."""

    stimuli = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62),
        min_length=1,
        max_length=MOST_AT_ONCE,
    )
    purpose = serializers.ChoiceField(choices=Stimulus.Purpose.values)
    scores = serializers.DictField(child=serializers.FloatField(), default=dict)


class PurposeChangedSerializer(serializers.Serializer[Any]):
    """How many images were changed."""

    changed = serializers.IntegerField()


class StimulusPurposeView(ApiView):
    @extend_schema(request=PurposeSerializer, responses=PurposeChangedSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Use images for practice, as gold, or as main images again. 400 if one does not fit, and
        nothing is changed."""
        study = find_study(request.user, slug, "annotation.change_study")
        data = PurposeSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        changed = set_purpose(study=study, actor=signed_in(request), **data.validated_data)
        return Response({"changed": changed})


class StimulusListView(ApiListView[Stimulus]):
    """The study's stimuli, most wanted first or in the order of `sort`."""

    serializer_class = StimulusSerializer
    queryset = Stimulus.objects.none()
    queries = (StimulusQuerySerializer,)
    filters = {"id": "pk", "filename": "filename"}

    def get_queryset(self) -> QuerySet[Stimulus]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.view_study")
        query = StimulusQuerySerializer(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        return Listing.read(query.validated_data, study).stimuli(study)
