"""How reliable raters are, for scripts: their measures, and the rules that they fail."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from workbench.accounts.api_views import ApiListView

from ..models import Rater, Study
from ..opinion.reliability.judging import Flag
from ..opinion.reliability.selectors import NOTHING_YET, Standing, reliability_of
from ..studies.selectors import find_study
from .monitor import live_sessions, stopped_raters


class _FlagSerializer(serializers.Serializer[Any]):
    """A rule of the study that the rater fails."""

    rule = serializers.CharField()
    perspective = serializers.CharField(
        allow_null=True, help_text="For a rule that looks at one perspective at a time."
    )
    value = serializers.FloatField()
    threshold = serializers.FloatField()
    n = serializers.IntegerField(help_text="Number of answers behind the value.")
    stops = serializers.BooleanField(help_text="Whether failing it ends sessions.")
    weighs = serializers.BooleanField(help_text="Whether failing it makes ratings count less.")


class _GoldSerializer(serializers.Serializer[Any]):
    """Scores of images whose scores are known."""

    right = serializers.IntegerField()
    wrong = serializers.IntegerField()


class _AttentionSerializer(serializers.Serializer[Any]):
    """Trials whose prompt says which scores to give."""

    passed = serializers.IntegerField()
    failed = serializers.IntegerField()


class ReliabilitySerializer(serializers.Serializer[Any]):
    """One rater's counts, measures and flags; null if a measure is not defined yet."""

    code = serializers.CharField()
    status = serializers.ChoiceField(choices=Rater.Status.choices)
    session = serializers.CharField(
        allow_null=True, help_text="State of the open session, null if there is none."
    )
    active = serializers.BooleanField(help_text="Rating right now.")
    stopped = serializers.BooleanField(
        help_text="Whether a failed rule keeps the rater from another session."
    )
    ratings = serializers.IntegerField(help_text="Submitted main trials.")
    repeats = serializers.IntegerField()
    weight = serializers.FloatField(help_text="Of the ratings in opinion scores, by the rules.")
    gold = _GoldSerializer()
    attention = _AttentionSerializer()
    median_seconds = serializers.FloatField(
        allow_null=True, help_text="From the image on screen to the answer."
    )
    too_fast = serializers.FloatField(allow_null=True, help_text="Share of answers, 0 to 1.")
    away = serializers.FloatField(
        allow_null=True,
        help_text="Share of answers during which the rater was away for longer than the study's "
        "rules allow, 0 to 1.",
    )
    agreement = serializers.FloatField(
        allow_null=True,
        help_text="Pearson correlation with the mean of the others; mean over perspectives.",
    )
    agreement_by_perspective = serializers.DictField(
        child=serializers.FloatField(allow_null=True), help_text="By the study's perspectives."
    )
    corrected_agreement = serializers.FloatField(
        allow_null=True,
        help_text="The same, divided by what a rater like the rest can be expected to have with so "
        "few others per image: 1 is as consistent as the rest.",
    )
    corrected_agreement_by_perspective = serializers.DictField(
        child=serializers.FloatField(allow_null=True), help_text="What the rule judges."
    )
    retest = serializers.FloatField(
        allow_null=True, help_text="Pearson correlation between first and repeated scores."
    )
    last_answer = serializers.DateTimeField(allow_null=True)
    flags = _FlagSerializer(many=True)


class ReliabilityListView(ApiListView[Rater]):
    """The study's raters with measures of their reliability.

    Measures are at most 30 seconds old, in large studies ten minutes.
    """

    serializer_class = ReliabilitySerializer
    queryset = Rater.objects.none()
    filters = {"code": "code", "status": "status"}
    orders = ("created_at",)

    def get_queryset(self) -> QuerySet[Rater]:
        self._study = find_study(self.request.user, self.kwargs["slug"], "annotation.change_study")
        return Rater.objects.filter(study=self._study).order_by("pk")

    def paginate_queryset(self, queryset: Any) -> list[Any]:
        return _described(self._study, super().paginate_queryset(queryset) or [])


def _described(study: Study, raters: list[Rater]) -> list[dict[str, Any]]:
    standings, rules = reliability_of(study), study.rules
    sessions = {item.rater: item for item in live_sessions(study).sessions}
    stopped = stopped_raters(study)
    keys = [item.key for item in study.perspective_settings]
    return [
        {
            "code": rater.code,
            "status": rater.status,
            "session": sessions[rater.pk].state if rater.pk in sessions else None,
            "active": rater.pk in sessions and sessions[rater.pk].active,
            "stopped": rater.pk in stopped,
            "weight": standings.get(rater.pk, NOTHING_YET).weight(rules),
            **_standing(standings.get(rater.pk, NOTHING_YET), keys),
        }
        for rater in raters
    ]


def _standing(standing: Standing, keys: Sequence[str]) -> dict[str, Any]:
    measures = standing.measures
    plain = [item.pearson for item in measures.inter_rater] or [None] * len(keys)
    corrected = [item.corrected for item in measures.inter_rater] or [None] * len(keys)
    return {
        "ratings": standing.ratings,
        "repeats": standing.repeats,
        "gold": {
            "right": measures.gold.within if measures.gold else 0,
            "wrong": measures.gold.failures if measures.gold else 0,
        },
        "attention": {
            "passed": standing.attention.passed,
            "failed": standing.attention.failed,
        },
        "median_seconds": standing.median_seconds,
        "too_fast": measures.pace.too_fast if measures.pace else None,
        "away": standing.away_share,
        "agreement": standing.agreement,
        "agreement_by_perspective": dict(zip(keys, plain, strict=True)),
        "corrected_agreement": standing.corrected_agreement,
        "corrected_agreement_by_perspective": dict(zip(keys, corrected, strict=True)),
        "retest": standing.retest,
        "last_answer": standing.last_answer,
        "flags": [_flag(flag, keys) for flag in standing.flags],
    }


def _flag(flag: Flag, keys: Sequence[str]) -> dict[str, Any]:
    return {
        "rule": flag.rule,
        "perspective": None if flag.perspective is None else keys[flag.perspective],
        "value": flag.value,
        "threshold": flag.threshold,
        "n": flag.n,
        "stops": flag.stops,
        "weighs": flag.weighs,
    }
