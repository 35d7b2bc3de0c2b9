"""The owner API: a study's stimuli."""

from django.db.models import QuerySet
from rest_framework import generics, serializers

from ..models import Stimulus
from ..studies.selectors import find_study, stimuli_of


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


class StimulusListView(generics.ListAPIView[Stimulus]):
    """The study's stimuli, most wanted first."""

    serializer_class = StimulusSerializer
    queryset = Stimulus.objects.none()

    def get_queryset(self) -> QuerySet[Stimulus]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.view_study")
        names = ("split", "generator", "state", "text")
        filters = {name: self.request.query_params.get(name, "") for name in names}
        return stimuli_of(study, filters=filters)
