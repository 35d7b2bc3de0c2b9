"""The owner API: a study's prompts."""

from django.db.models import Count, QuerySet
from rest_framework import serializers

from workbench.accounts.api_views import ApiListView

from ..models import Prompt
from ..studies.selectors import find_study


class PromptSerializer(serializers.ModelSerializer[Prompt]):
    """A prompt as it was written. Those with the same `group_sha256` are spellings of one, which is
    held out, trained on and shown as one."""

    images = serializers.IntegerField(help_text="Of this spelling, in any state.")

    class Meta:
        model = Prompt
        fields = ("id", "text", "group_sha256", "images")


class PromptListView(ApiListView[Prompt]):
    """The study's prompts, in the order in which they came."""

    serializer_class = PromptSerializer
    queryset = Prompt.objects.none()
    filters = {"text": "text__icontains", "group_sha256": "group_sha256"}
    orders = ("text", "images")

    def get_queryset(self) -> QuerySet[Prompt]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.view_study")
        return study.prompts.annotate(images=Count("stimuli")).order_by("pk")
