"""The model API of a study: training runs, versions, scoring runs, predictions."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.models import Stimulus, Study
from annotation.opinion.forecast import AssistedScore
from annotation.opinion.selectors import limits_by_key, ratings_of, scores_of
from annotation.protocol.scales import Scale
from annotation.studies.selectors import find_study
from workbench.accounts.api_views import ApiListView, ApiView
from workbench.accounts.signed_in import signed_in

from ..models import ModelVersion, Predictor, ScoringRun, TrainingRun
from ..permissions import RUN, VIEW
from ..registry.assisted import assisted_scores
from ..registry.cancelling import cancel_run
from ..registry.current import Current, current
from ..registry.selectors import (
    predicted_stimuli,
    predictor_named,
    predictors_of,
    scoring_runs_of,
    training_runs_of,
    version_of,
    versions_of,
)
from ..registry.serializers import ScoringRequestSerializer
from .predictors import add_predictor, ensure_predictor, lead
from .promotion import promote, reject
from .retraining import changed_recipe, request_retrain
from .scoring import start_scoring
from .serializers import (
    ModelVersionSerializer,
    PredictionListQuerySerializer,
    PredictionSerializer,
    PredictorRequestSerializer,
    PredictorSerializer,
    PromotionRequestSerializer,
    ScoringRunSerializer,
    TrainingRequestSerializer,
    TrainingRunSerializer,
)


class TrainingRunListView(ApiListView[TrainingRun]):
    """The study's training runs, newest first."""

    serializer_class = TrainingRunSerializer
    queryset = TrainingRun.objects.none()
    filters = {"state": "state", "predictor": "predictor__name", "since": "created_at__gte"}
    orders = ("created_at",)

    def get_queryset(self) -> QuerySet[TrainingRun]:
        return training_runs_of(find_study(self.request.user, self.kwargs["slug"], VIEW))

    @extend_schema(request=TrainingRequestSerializer, responses={201: TrainingRunSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Train a candidate on the current labels. 409 if a run is active or labels are few, 400
        if a setting is wrong."""
        study = find_study(request.user, slug, RUN)
        data = TrainingRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        given, actor = data.validated_data, signed_in(request)
        if given["predictor"]:
            predictor = predictor_named(study, given["predictor"])
        else:
            predictor = ensure_predictor(study=study, actor=actor)
        run = request_retrain(
            predictor=predictor,
            actor=actor,
            trigger=TrainingRun.Trigger.API,
            promote_when_done=given["promote_when_done"],
            recipe=changed_recipe(
                predictor,
                given["settings"],
                name=given["recipe"],
                explanations=given["explanations"],
            ),
            recipe_name=given["recipe"],
        )
        return Response(TrainingRunSerializer(run).data, status=201)


class TrainingRunDetailView(ApiView):
    @extend_schema(responses=TrainingRunSerializer)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """One training run and its progress."""
        run = training_runs_of(find_study(request.user, slug, VIEW)).filter(pk=pk).first()
        if run is None:
            raise Http404
        return Response(TrainingRunSerializer(run).data)


class TrainingRunCancelView(ApiView):
    @extend_schema(request=None, responses=TrainingRunSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Cancel a training that waits or is under way. 409 if it is over."""
        run = get_object_or_404(training_runs_of(find_study(request.user, slug, RUN)), pk=pk)
        cancel_run(run=run, actor=signed_in(request))
        return Response(TrainingRunSerializer(run).data)


class PredictorListView(ApiListView[Predictor]):
    """The study's predictors, the leading one first."""

    serializer_class = PredictorSerializer
    queryset = Predictor.objects.none()
    filters = {"name": "name", "backbone": "backbone", "leading": "leading"}
    orders = ("created_at", "name")

    def get_queryset(self) -> QuerySet[Predictor]:
        return predictors_of(find_study(self.request.user, self.kwargs["slug"], VIEW))

    @extend_schema(request=PredictorRequestSerializer, responses={201: PredictorSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Add a predictor; the first one leads. 400 if the site has no such backbone or
        strategy, or the backbone no such recipe, 409 if the name is taken."""
        study = find_study(request.user, slug, RUN)
        data = PredictorRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        predictor = add_predictor(study=study, actor=signed_in(request), **data.validated_data)
        return Response(PredictorSerializer(predictor).data, status=201)


class LeadView(ApiView):
    @extend_schema(request=None, responses=PredictorSerializer)
    def post(self, request: Request, slug: str, name: str) -> Response:
        """Make this predictor the leading one: its active version sets the priorities."""
        predictor = predictor_named(find_study(request.user, slug, RUN), name)
        lead(predictor=predictor, actor=signed_in(request))
        return Response(PredictorSerializer(predictor).data)


class ModelListView(ApiListView[ModelVersion]):
    """The versions of the study's predictors, newest first."""

    serializer_class = ModelVersionSerializer
    queryset = ModelVersion.objects.none()
    filters = {"number": "number", "state": "state", "predictor": "predictor__name"}
    orders = ("number",)

    def get_queryset(self) -> QuerySet[ModelVersion]:
        return versions_of(find_study(self.request.user, self.kwargs["slug"], VIEW))


class ModelDetailView(ApiView):
    @extend_schema(responses=ModelVersionSerializer)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """One version, and how it did on the hold-out."""
        version = version_of(find_study(request.user, slug, VIEW), number)
        return Response(ModelVersionSerializer(version).data)


class PromoteView(ApiView):
    @extend_schema(request=PromotionRequestSerializer, responses=ModelVersionSerializer)
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Make this version the active one: its predictions and priorities are used from now on.
        409 if the hold-out does not show that it is as good as the one in use and no `reason` is
        given, or if another one was taken into use meanwhile."""
        version = version_of(find_study(request.user, slug, RUN), number)
        data = PromotionRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        promote(version=version, actor=signed_in(request), reason=data.validated_data["reason"])
        return Response(ModelVersionSerializer(version).data)


class RejectView(ApiView):
    @extend_schema(request=None, responses=ModelVersionSerializer)
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Reject a candidate."""
        version = version_of(find_study(request.user, slug, RUN), number)
        reject(version=version, actor=signed_in(request))
        return Response(ModelVersionSerializer(version).data)


class ScoringRunListView(ApiListView[ScoringRun]):
    """The study's scoring runs, newest first."""

    serializer_class = ScoringRunSerializer
    queryset = ScoringRun.objects.none()
    filters = {"state": "state", "model": "model_version__number", "since": "created_at__gte"}
    orders = ("created_at",)

    def get_queryset(self) -> QuerySet[ScoringRun]:
        return scoring_runs_of(find_study(self.request.user, self.kwargs["slug"], VIEW))

    @extend_schema(request=ScoringRequestSerializer, responses={201: ScoringRunSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Predict the images that a version has not predicted yet."""
        study: Study = find_study(request.user, slug, RUN)
        data = ScoringRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        run = start_scoring(version=version_of(study, data.validated_data.get("model")))
        return Response(ScoringRunSerializer(run).data, status=201)


class ScoringRunDetailView(ApiView):
    @extend_schema(responses=ScoringRunSerializer)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """One scoring run and its progress."""
        run = scoring_runs_of(find_study(request.user, slug, VIEW)).filter(pk=pk).first()
        if run is None:
            raise Http404
        return Response(ScoringRunSerializer(run).data)


class ScoringRunCancelView(ApiView):
    @extend_schema(request=None, responses=ScoringRunSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Cancel a scoring that is under way; what is predicted stays. 409 if it is over."""
        run = get_object_or_404(scoring_runs_of(find_study(request.user, slug, RUN)), pk=pk)
        cancel_run(run=run, actor=signed_in(request))
        return Response(ScoringRunSerializer(run).data)


class PredictionListView(ApiListView[Stimulus]):
    """What the leading predictor's active version, or the one named by `model` or `predictor`,
    predicts for each stimulus."""

    serializer_class = PredictionSerializer
    queryset = Stimulus.objects.none()
    queries = (PredictionListQuerySerializer,)
    filters = {"stimulus": "pk", "filename": "filename", "split": "split"}
    orders = ("filename", "priority")
    #: Of the study that was asked for, by the perspective's key.
    _scales: Mapping[str, Scale] = MappingProxyType({})
    #: Of the version that was asked for; None while the schema is written.
    _state: Current | None = None
    #: The version whose model-assisted scores were asked for, and those of the page's images.
    _joined_by: ModelVersion | None = None
    _assisted: Mapping[int, Mapping[str, AssistedScore]] = MappingProxyType({})
    #: How many scores of the page's images count, by the perspective's key.
    _ratings: Mapping[int, Mapping[str, int]] = MappingProxyType({})

    def get_queryset(self) -> QuerySet[Stimulus]:
        study = find_study(self.request.user, self.kwargs["slug"], VIEW)
        query = PredictionListQuerySerializer(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        given = query.validated_data
        version = version_of(study, given.get("model"), given.get("predictor"))
        self._scales = {item.key: item.scale for item in study.perspective_settings}
        self._state = current(version)
        self._joined_by = version if given["assisted"] else None
        return predicted_stimuli(version)

    def paginate_queryset(self, queryset: Any) -> list[Any] | None:
        page = super().paginate_queryset(queryset)
        if self._state is not None and page:
            self._ratings = ratings_of(self._state.study, page)
        if self._joined_by is not None:
            self._assisted = _assisted(self._joined_by, page or [])
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        shared = {"scales": self._scales, "assisted": self._assisted, "state": self._state}
        return {**super().get_serializer_context(), **shared, "ratings": self._ratings}


def _assisted(
    version: ModelVersion, stimuli: Sequence[Stimulus]
) -> dict[int, dict[str, AssistedScore]]:
    """With the opinion scores of the live release."""
    own = scores_of(version.study, stimuli)
    rows = [row for found in own.values() for row in found.values()]
    return assisted_scores(version, rows, limits_by_key(rows[0].release)) if rows else {}
