"""The owner API: a study's audit trail."""

from django.db.models import QuerySet
from rest_framework import serializers

from workbench.accounts.api_views import ApiListView

from ..models import AuditEntry
from .acts import said
from .selectors import find_study


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """One act: who did what, when."""

    actor = serializers.CharField(
        source="actor.username",
        default=None,
        allow_null=True,
        help_text="Null: the workbench itself.",
    )
    words = serializers.SerializerMethodField(help_text="In the language of the request.")

    class Meta:
        model = AuditEntry
        fields = ["created_at", "actor", "action", "words", "detail"]

    def get_words(self, entry: AuditEntry) -> str:
        return said(entry)


class AuditListView(ApiListView[AuditEntry]):
    """The study's audit trail, the latest act first."""

    serializer_class = AuditEntrySerializer
    queryset = AuditEntry.objects.none()
    filters = {
        "action": "action",
        "actor": "actor__username",
        "since": "created_at__gte",
        "before": "created_at__lt",
    }
    orders = ("created_at",)

    def get_queryset(self) -> QuerySet[AuditEntry]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.change_study")
        return AuditEntry.objects.filter(study=study).select_related("actor")
