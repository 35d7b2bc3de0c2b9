"""The owner API: what raters did, session by session and image by image."""

from typing import TypeVar

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from workbench.accounts.api_views import ApiListView
from workbench.accounts.models import TokenScope

from ..models import Explanation, RatingSession, Score, Trial
from ..studies.selectors import find_study

M = TypeVar("M", Score, Explanation)


class RaterSessionSerializer(serializers.ModelSerializer[RatingSession]):
    """One sitting of a rater. `client`: the viewing conditions as their browser reported them;
    `stopped_by`: the failed rules that ended it."""

    rater = serializers.CharField(source="rater.code")
    protocol = serializers.IntegerField(source="protocol.number")

    class Meta:
        model = RatingSession
        fields = (
            "id",
            "rater",
            "protocol",
            "state",
            "seed",
            "client",
            "consented_at",
            "begun_at",
            "ended_at",
            "stopped_by",
        )


class GivenScoreSerializer(serializers.ModelSerializer[Score]):
    """A score on the perspective's scale; `revision` counts from 1."""

    perspective = serializers.CharField(source="perspective.key")

    class Meta:
        model = Score
        fields = ("perspective", "value", "revision", "created_at")


class GivenExplanationSerializer(serializers.ModelSerializer[Explanation]):
    """Why: chosen phrases with their levels, words of the rater's own, and what they are about."""

    perspective = serializers.CharField(source="perspective.key")

    class Meta:
        model = Explanation
        fields = (
            "perspective",
            "phrases",
            "text",
            "regions",
            "words",
            "language",
            "revision",
            "created_at",
        )


class RaterTrialSerializer(serializers.ModelSerializer[Trial]):
    """One image shown to one rater, with the scores and explanations that hold now."""

    rater = serializers.CharField(source="rater.code")
    filename = serializers.CharField(source="stimulus.filename")
    scores = GivenScoreSerializer(source="current_scores", many=True)
    explanations = GivenExplanationSerializer(source="current_explanations", many=True)

    class Meta:
        model = Trial
        fields = (
            "id",
            "session",
            "rater",
            "stimulus",
            "filename",
            "position",
            "block",
            "role",
            "draw",
            "state",
            "leased_at",
            "displayed_at",
            "submitted_at",
            "skip_reason",
            "skip_note",
            "scores",
            "explanations",
        )


class SessionListView(ApiListView[RatingSession]):
    """The study's sessions, the latest first."""

    serializer_class = RaterSessionSerializer
    queryset = RatingSession.objects.none()
    filters = {
        "rater": "rater__code",
        "protocol": "protocol__number",
        "state": "state",
        "since": "consented_at__gte",
        "before": "consented_at__lt",
    }
    orders = ("consented_at", "ended_at")

    def get_queryset(self) -> QuerySet[RatingSession]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.change_study")
        found = RatingSession.objects.filter(rater__study=study)
        return found.select_related("rater", "protocol").order_by("-consented_at", "-pk")


class TrialListView(ApiListView[Trial]):
    """The study's trials, in the order in which images were given out: each with its scores and
    explanations. An export has all of them at once, and what was replaced too."""

    serializer_class = RaterTrialSerializer
    queryset = Trial.objects.none()
    token_scope = TokenScope.EXPORT
    filters = {
        "session": "session",
        "rater": "rater__code",
        "stimulus": "stimulus",
        "role": "role",
        "draw": "draw",
        "state": "state",
        "since": "submitted_at__gte",
        "before": "submitted_at__lt",
    }
    orders = ("leased_at", "submitted_at")

    def get_queryset(self) -> QuerySet[Trial]:
        study = find_study(self.request.user, self.kwargs["slug"], "annotation.export_study")
        scores = Prefetch("scores", _holding(Score), to_attr="current_scores")
        reasons = Prefetch("explanations", _holding(Explanation), to_attr="current_explanations")
        return (
            Trial.objects.filter(study=study)
            .select_related("rater", "stimulus")
            .prefetch_related(scores, reasons)
            .order_by("pk")
        )


def _holding(model: type[M]) -> QuerySet[M]:
    """Scores or explanations that no revision has replaced, in the study's order."""
    rows = model._default_manager.filter(superseded_at=None)
    return rows.select_related("perspective").order_by("perspective__position")
