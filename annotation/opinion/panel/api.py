"""The owner API: agreement of a study's raters, and plans."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiView
from workbench.core.api import RuleError
from workbench.core.room import heavy

from ...models import Perspective, Study
from ...studies.selectors import find_study
from ..agreement.planning import Labour, Source
from .figures import Agreement, Figure, HaloFigure, PerspectiveAgreement
from .planner import Planned, StudyPlan, Wishes, default_wishes, study_plan
from .selectors import PanelResults, panel_results

_GOALS = ("half_width", "difference", "srcc_difference")


class _FigureSerializer(serializers.Serializer[Any]):
    """One figure with its 95 % interval; null if it cannot be made, and then why."""

    name = serializers.CharField(
        help_text="`alpha_interval`, `alpha_ordinal`, `icc_single` (ICC(2,1)), `icc_mean` "
        "(ICC(2,k)), `split_half`, `sos`, `retest`, `drift` (points per 100 images), `first` "
        "(points), `pace` (change of the logarithm of seconds per 100 images), `halo`, "
        "`halo_images`."
    )
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField(help_text="Votes, or pairs of votes, behind it.")
    meaning = serializers.CharField()
    citation = serializers.CharField()
    missing = serializers.CharField()


class _VariancesSerializer(serializers.Serializer[Any]):
    """Variance components, squared points of the scale."""

    stimulus = serializers.FloatField()
    subject = serializers.FloatField()
    residual = serializers.FloatField()


class _PerspectiveSerializer(serializers.Serializer[Any]):
    """How far raters agree on one perspective."""

    perspective = serializers.CharField()
    ratings = serializers.IntegerField()
    images = serializers.IntegerField()
    raters = serializers.IntegerField()
    variances = _VariancesSerializer(allow_null=True)
    figures = _FigureSerializer(many=True)


class _HaloSerializer(serializers.Serializer[Any]):
    """Whether judgements of two perspectives colour each other."""

    one = serializers.CharField()
    two = serializers.CharField()
    raters = _FigureSerializer()
    images = _FigureSerializer()


class AgreementSerializer(serializers.Serializer[Any]):
    """Agreement of a study's raters; `computed_at` is null while the first is computed."""

    computed_at = serializers.DateTimeField(allow_null=True)
    draws = serializers.DictField(
        child=serializers.IntegerField(), help_text="Ratings that count, by their draw."
    )
    median_seconds = serializers.FloatField(
        allow_null=True, help_text="From the image on screen to the answer."
    )
    perspectives = _PerspectiveSerializer(many=True)
    halos = _HaloSerializer(many=True)


class AgreementQuerySerializer(serializers.Serializer[Any]):
    """Of which ratings."""

    draws = serializers.ChoiceField(
        ["all", "sample"],
        default="all",
        help_text="`sample`: hold-out and random audit draws alone, which are a sample of the "
        "study's images; all if there are no others.",
    )


class PlanQuerySerializer(serializers.Serializer[Any]):
    """What is to be found out. Without any goal all three are planned, from the study's own
    numbers or stated defaults."""

    perspective = serializers.CharField(required=False, help_text="Left out: the first.")
    half_width = serializers.FloatField(
        required=False,
        min_value=0.001,
        max_value=100,
        help_text="Of each image's 95 % interval, points.",
    )
    difference = serializers.FloatField(
        required=False,
        min_value=0.001,
        max_value=100,
        help_text="Of two generators' means, points.",
    )
    srcc_difference = serializers.FloatField(
        required=False, min_value=0.001, max_value=0.5, help_text="Of two models."
    )
    srcc = serializers.FloatField(
        required=False, min_value=0.01, max_value=0.98, help_text="Of the weaker model."
    )
    ratings_per_image = serializers.IntegerField(required=False, min_value=1, max_value=1000)
    raters = serializers.IntegerField(required=False, min_value=1, max_value=100_000)
    seconds = serializers.FloatField(
        required=False, min_value=0.1, max_value=3600, help_text="Per image."
    )
    hourly_pay = serializers.FloatField(required=False, min_value=0, max_value=100_000)


class _WorkSerializer(serializers.Serializer[Any]):
    """What ratings take, all raters together."""

    ratings = serializers.IntegerField()
    raters = serializers.IntegerField(help_text="At least.")
    minutes = serializers.FloatField()
    cost = serializers.FloatField(allow_null=True, help_text="Null without an hourly pay.")


class _PlannedSerializer(serializers.Serializer[Any]):
    """What reaches a goal; all null if nothing does, and then why."""

    goal = serializers.ChoiceField(list(_GOALS))
    wanted = serializers.FloatField()
    images = serializers.IntegerField(
        allow_null=True, help_text="Of each generator for a difference of two."
    )
    ratings_per_image = serializers.IntegerField(allow_null=True)
    reached = serializers.FloatField(allow_null=True)
    work = _WorkSerializer(allow_null=True)
    meaning = serializers.CharField()
    citation = serializers.CharField()
    impossible = serializers.CharField(help_text="Why there is no plan, in English.")


class PlanSerializer(serializers.Serializer[Any]):
    """Plans for one perspective, and the variances that they rest on."""

    perspective = serializers.CharField()
    based_on = serializers.ChoiceField([source.value for source in Source])
    variances = _VariancesSerializer()
    images = serializers.IntegerField(help_text="Main images of the study.")
    plans = _PlannedSerializer(many=True)
    left = _WorkSerializer(
        allow_null=True, help_text="For the half-width: what its missing ratings take."
    )


@heavy
class AgreementView(ApiView):
    queries = (AgreementQuerySerializer,)

    @extend_schema(responses=AgreementSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """How far the study's raters agree, from each perspective.

        In a large study it may be some minutes behind the ratings; `computed_at` tells.
        """
        study = find_study(request.user, slug, "annotation.view_study")
        asked = AgreementQuerySerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        results = panel_results(study)
        found = _agreement(results, sample=asked.validated_data["draws"] == "sample")
        return Response(AgreementSerializer(found).data)


@heavy
class PlanView(ApiView):
    queries = (PlanQuerySerializer,)

    @extend_schema(responses=PlanSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """How many ratings, minutes and what cost it takes to find something out."""
        study = find_study(request.user, slug, "annotation.view_study")
        asked = PlanQuerySerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        told = asked.validated_data
        perspective = _perspective(study, told.get("perspective"))
        results = panel_results(study)
        wishes = _wishes(default_wishes(study, perspective, results), told)
        plan = study_plan(study, perspective, results, wishes)
        return Response(PlanSerializer(_plan(perspective, plan)).data)


def _perspective(study: Study, key: str | None) -> Perspective:
    """Raises RuleError if there is none of that key."""
    asked = list(study.perspectives.all())
    found = next((item for item in asked if key in (None, item.key)), None)
    if found is None:
        raise RuleError({"perspective": _("The study has no such perspective.")})
    return found


def _wishes(start: Wishes, told: dict[str, Any]) -> Wishes:
    """With a goal, only those that are told; else all of `start`."""
    named = any(goal in told for goal in _GOALS)
    goals: dict[str, Any] = {
        goal: told.get(goal) if named else getattr(start, goal) for goal in _GOALS
    }
    names = ("srcc", "ratings_per_image", "raters")
    others: dict[str, Any] = {name: told.get(name, getattr(start, name)) for name in names}
    seconds = told.get("seconds", start.labour.seconds)
    labour = Labour(seconds=seconds, hourly_pay=told.get("hourly_pay"))
    return Wishes(**goals, **others, labour=labour)


def _agreement(results: PanelResults | None, *, sample: bool) -> dict[str, Any]:
    if results is None:
        nothing: dict[str, Any] = {"draws": {}, "perspectives": [], "halos": []}
        return {"computed_at": None, "median_seconds": None, **nothing}
    chosen: Agreement = (results.of_sample if sample else None) or results.agreement
    return {
        "computed_at": results.computed_at,
        "draws": results.draws.by_draw,
        "median_seconds": results.median_seconds,
        "perspectives": [_described(item) for item in chosen.perspectives],
        "halos": [_halo(item) for item in chosen.halos],
    }


def _described(item: PerspectiveAgreement) -> dict[str, Any]:
    return {
        "perspective": item.key,
        "ratings": item.ratings,
        "images": item.images,
        "raters": item.raters,
        "variances": item.components,
        "figures": [_figure(figure) for figure in item.figures],
    }


def _halo(item: HaloFigure) -> dict[str, Any]:
    pair = {"raters": _figure(item.raters), "images": _figure(item.images)}
    return {"one": item.one, "two": item.two, **pair}


def _figure(figure: Figure) -> dict[str, Any]:
    measure = figure.measure
    return {
        "name": figure.name,
        "value": measure.value if measure else None,
        "low": measure.low if measure else None,
        "high": measure.high if measure else None,
        "n": measure.n if measure else 0,
        "meaning": measure.meaning if measure else "",
        "citation": measure.citation if measure else "",
        "missing": figure.missing,
    }


def _plan(perspective: Perspective, plan: StudyPlan) -> dict[str, Any]:
    return {
        "perspective": perspective.key,
        "based_on": plan.variances.source.value,
        "variances": plan.variances,
        "images": plan.images,
        "plans": [_planned(item) for item in plan.planned],
        "left": plan.left,
    }


def _planned(item: Planned) -> dict[str, Any]:
    plan = item.plan
    return {
        "goal": item.goal,
        "wanted": item.wanted,
        "images": plan.images if plan else None,
        "ratings_per_image": plan.ratings_per_image if plan else None,
        "reached": plan.reached if plan else None,
        "work": plan.work if plan else None,
        "meaning": plan.meaning if plan else "",
        "citation": plan.citation if plan else "",
        "impossible": str(item.impossible or ""),
    }
