"""The API of explanations: of the study's stimuli, and of one uploaded image."""

import redis.exceptions
import structlog
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from annotation.models import Stimulus
from annotation.studies.selectors import find_study
from workbench.accounts.api_views import ApiListView, ApiView
from workbench.accounts.signed_in import signed_in
from workbench.core.room import judges_bodies

from ..errors import AssessmentFailedError, ImageRefusedError, ImageTooLargeError
from ..models import Assessment, ExplainingRun
from ..permissions import RUN, VIEW
from ..registry.cancelling import cancel_run
from ..registry.selectors import explaining_runs_of, version_of
from ..registry.serializers import PredictionQuerySerializer, ScoringRequestSerializer
from . import assessing
from .runs import start_explaining
from .selectors import explained_stimuli
from .serializers import (
    AssessmentRequestSerializer,
    AssessmentSerializer,
    ExplainingRunSerializer,
    PredictedExplanationSerializer,
)

log = structlog.get_logger(__name__)

#: In addition to the image: the prompt, and what a form's encoding adds.
_OTHER_BYTES = 128 * 1024
#: When a client that got no result asks again, as a header has it.
_ASK_AGAIN_SECONDS = "1"


class ExplanationListView(ApiListView[Stimulus]):
    """What the leading predictor's active version, or the one named by `model` or `predictor`,
    answers about each stimulus."""

    serializer_class = PredictedExplanationSerializer
    queryset = Stimulus.objects.none()
    queries = (PredictionQuerySerializer,)
    filters = {"stimulus": "pk", "filename": "filename", "split": "split"}
    orders = ("filename",)

    def get_queryset(self) -> QuerySet[Stimulus]:
        study = find_study(self.request.user, self.kwargs["slug"], VIEW)
        query = PredictionQuerySerializer(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        given = query.validated_data
        return explained_stimuli(version_of(study, given.get("model"), given.get("predictor")))


class ExplainingRunListView(ApiListView[ExplainingRun]):
    """The study's explaining runs, newest first."""

    serializer_class = ExplainingRunSerializer
    queryset = ExplainingRun.objects.none()
    filters = {"state": "state", "model": "model_version__number", "since": "created_at__gte"}
    orders = ("created_at",)

    def get_queryset(self) -> QuerySet[ExplainingRun]:
        return explaining_runs_of(find_study(self.request.user, self.kwargs["slug"], VIEW))

    @extend_schema(request=ScoringRequestSerializer, responses={201: ExplainingRunSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Explain the images that a version has not explained yet. 409 if it cannot."""
        study = find_study(request.user, slug, RUN)
        data = ScoringRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        run = start_explaining(version=version_of(study, data.validated_data.get("model")))
        return Response(ExplainingRunSerializer(run).data, status=201)


class ExplainingRunDetailView(ApiView):
    @extend_schema(responses=ExplainingRunSerializer)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """One explaining run and its progress."""
        run = get_object_or_404(explaining_runs_of(find_study(request.user, slug, VIEW)), pk=pk)
        return Response(ExplainingRunSerializer(run).data)


class ExplainingRunCancelView(ApiView):
    @extend_schema(request=None, responses=ExplainingRunSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Cancel an explaining that waits or is under way; what is explained stays. 409 if it is
        over."""
        run = get_object_or_404(explaining_runs_of(find_study(request.user, slug, RUN)), pk=pk)
        cancel_run(run=run, actor=signed_in(request))
        return Response(ExplainingRunSerializer(run).data)


class AssessThrottle(UserRateThrottle):
    """An image costs a worker seconds, and more without a GPU."""

    scope = "assess"
    rate = "30/min"

    def allow_request(self, request: Request, view: APIView) -> bool:
        try:
            return super().allow_request(request, view)
        except redis.exceptions.RedisError as error:
            # Without Redis no worker is woken either, so nothing gets out of hand.
            log.warning("uploads are not counted: Redis cannot be reached", error=str(error))
            return True


@judges_bodies
class AssessView(ApiView):
    parser_classes = [MultiPartParser]
    throttle_classes = [AssessThrottle]

    def refuse_large(self, request: Request) -> None:
        _refuse_large(request)

    @extend_schema(
        request=AssessmentRequestSerializer,
        responses={201: AssessmentSerializer, 202: AssessmentSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Scores and explanations of one image that is not in the study.

        201 with the result if a worker is free and has it within 200 ms; else 202: ask for the
        assessment at its `url` (the header `Location` too) until its `state` is neither `queued`
        nor `running`. The image is not kept, the result for a day.
        """
        study = find_study(request.user, slug, RUN)
        data = AssessmentRequestSerializer(data=request.data, context={"study": study})
        data.is_valid(raise_exception=True)
        given = data.validated_data
        assessment = assessing.request_assessment(
            version=version_of(study, given.get("model")),
            filename=given["image"].name,
            data=given["image"].read(),
            prompt=given["prompt"],
            questions=given.get("questions", ()),
        )
        if assessing.is_next(assessment):
            assessing.wait_for(assessment, assessing.WAIT_SECONDS)
        return _answer(assessment, request)


class AssessmentView(ApiView):
    @extend_schema(responses=AssessmentSerializer)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """An assessment requested within the last day."""
        study = find_study(request.user, slug, VIEW)
        assessment = assessing.find_assessment(study, pk)
        return Response(AssessmentSerializer(assessment, context={"request": request}).data)


def _answer(assessment: Assessment, request: Request) -> Response:
    if assessment.result.get(assessing.REFUSED):
        raise ImageRefusedError(assessment.error)
    if assessment.state == "failed":
        raise AssessmentFailedError(assessment.error)
    data = AssessmentSerializer(assessment, context={"request": request}).data
    headers = {"Location": data["url"]}
    if not assessment.is_active:
        return Response(data, status=201, headers=headers)
    return Response(data, status=202, headers={**headers, "Retry-After": _ASK_AGAIN_SECONDS})


def _refuse_large(request: Request) -> None:
    """By the declared length, before anything is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > assessing.MAXIMUM_BYTES + _OTHER_BYTES:
        raise ImageTooLargeError(
            _(
                "The upload has %(found)d MB; the limit is %(most)d MB. Save a smaller copy of the "
                "image."
            )
            % {"found": int(length) // 1024**2, "most": assessing.MAXIMUM_BYTES // 1024**2}
        )
