"""The owner API: how a study stands, in the same numbers as the overview."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiView
from workbench.core.jobs.kinds import kind_of
from workbench.core.jobs.models import Job

from ..studies.selectors import find_study
from .attention import attention_of


class CountsSerializer(serializers.Serializer[Any]):
    """Images are those in use, of purpose main. `ratings` are one rater's answers to one image that
    count, `given` those of images in use, out of the `wanted` ones; `answers` are images answered
    in any role, also by excluded raters; `raters` have a link, `raters_started` have answered
    anything."""

    images = serializers.IntegerField()
    holdout = serializers.IntegerField()
    without_image = serializers.IntegerField()
    practice = serializers.IntegerField()
    gold = serializers.IntegerField()
    ratings = serializers.IntegerField()
    given = serializers.IntegerField()
    wanted = serializers.IntegerField()
    under_way = serializers.IntegerField()
    answers = serializers.IntegerField()
    last_answer = serializers.DateTimeField(allow_null=True)
    raters = serializers.IntegerField()
    raters_started = serializers.IntegerField()


class JobSerializer(serializers.Serializer[Job]):
    """A job of the study, of the kind `import`, `dataset`, `training`, `scoring` or
    `explaining`."""

    kind = serializers.SerializerMethodField()
    id = serializers.IntegerField(source="pk")
    state = serializers.CharField()
    stage = serializers.CharField()
    progress_done = serializers.IntegerField()
    progress_total = serializers.IntegerField()
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_kind(self, job: Job) -> str:
        return kind_of(job)


class QueueSerializer(serializers.Serializer[Any]):
    """`waiting`: tasks that no worker has taken; null while Redis does not answer."""

    name = serializers.CharField()
    workers = serializers.IntegerField()
    seen_at = serializers.DateTimeField(allow_null=True)
    waiting = serializers.IntegerField(allow_null=True)


class BackgroundSerializer(serializers.Serializer[Any]):
    """Whether the scheduler lives, and each queue with its live workers."""

    beat_alive = serializers.BooleanField()
    beat_seen_at = serializers.DateTimeField(allow_null=True)
    queues = QueueSerializer(many=True)


class OverviewSerializer(serializers.Serializer[Any]):
    """`failed_jobs`: the newest job of each kind, if it failed. `in_session`: raters whose session
    is not over; `rating_now`: those of them who answered in the last minutes, or hold an image."""

    counts = CountsSerializer()
    flagged_raters = serializers.IntegerField(source="flagged")
    new_reports = serializers.IntegerField(source="reports")
    in_session = serializers.SerializerMethodField()
    rating_now = serializers.SerializerMethodField()
    failed_jobs = JobSerializer(source="failed", many=True)
    active_jobs = JobSerializer(source="active", many=True)
    background = BackgroundSerializer()

    def get_in_session(self, found: Any) -> int:
        return len(found.live.sessions)

    def get_rating_now(self, found: Any) -> int:
        return len(found.live.active)


class OverviewView(ApiView):
    @extend_schema(responses=OverviewSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """How the study stands: its numbers, what to look at, and what works in the background."""
        study = find_study(request.user, slug, "annotation.view_study")
        return Response(OverviewSerializer(attention_of(study)).data)
