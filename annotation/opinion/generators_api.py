"""The owner API: leaderboards of generators."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiView
from workbench.core.room import heavy

from ..studies.selectors import find_study
from .comparison.leaderboard import Leaderboard
from .current_generators import LeaderboardsBusyError, current_leaderboards
from .generators import Lacking, PerspectiveLeaderboard


class LeaderboardRowSerializer(serializers.Serializer[Any]):
    """One generator, on the perspective's scale; null is not known."""

    generator = serializers.CharField()
    mean = serializers.FloatField(allow_null=True)
    standard_error = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="95 % interval.")
    high = serializers.FloatField(allow_null=True)
    rank = serializers.IntegerField(allow_null=True, help_text="1 is best.")
    rank_low = serializers.IntegerField(allow_null=True, help_text="95 % interval.")
    rank_high = serializers.IntegerField(allow_null=True)
    ratings = serializers.IntegerField(help_text="0 of published scores.")
    images = serializers.IntegerField()
    prompts = serializers.IntegerField()
    raters = serializers.IntegerField(help_text="0 of published scores.")
    predicted = serializers.IntegerField(help_text="Images whose predictions count, 0 without.")
    left_out = serializers.IntegerField(help_text="Ratings of images that a model acquired.")


class PairwiseDifferenceSerializer(serializers.Serializer[Any]):
    """The mean of `first` minus that of `second`, on the perspective's scale."""

    first = serializers.CharField()
    second = serializers.CharField()
    difference = serializers.FloatField()
    standard_error = serializers.FloatField()
    low = serializers.FloatField(help_text="95 % interval.")
    high = serializers.FloatField()
    p_value = serializers.FloatField()
    p_holm = serializers.FloatField(help_text="Adjusted for all pairs.")
    significant = serializers.BooleanField(help_text="At 5 %, all pairs considered.")
    effect_size = serializers.FloatField(
        allow_null=True, help_text="In pooled standard deviations of images' scores."
    )


class LeaderboardSerializer(serializers.Serializer[Any]):
    """Generators from one perspective, the best first; empty with a problem that says why."""

    perspective = serializers.CharField()
    problem = serializers.CharField()
    basis = serializers.CharField()
    published = serializers.ListField(
        child=serializers.CharField(),
        help_text="Sources of the published scores that these are the means of, because no rating "
        "counts from this perspective; else empty.",
    )
    citation = serializers.CharField()
    slope = serializers.FloatField(allow_null=True)
    draws = serializers.IntegerField()
    seed = serializers.IntegerField()
    generators = LeaderboardRowSerializer(many=True)
    prediction_powered = LeaderboardRowSerializer(
        many=True,
        help_text="The same means with a model's predictions of all images, from the ratings of "
        "hold-out images; empty if `lacking` names what they lack.",
    )
    lacking = serializers.ChoiceField(choices=[item.value for item in Lacking])
    pairs = PairwiseDifferenceSerializer(many=True)


@heavy
class GeneratorsView(ApiView):
    @extend_schema(
        operation_id="studies_generators_list", responses=LeaderboardSerializer(many=True)
    )
    def get(self, request: Request, slug: str) -> Response:
        """The study's generators by their mean scores, from each perspective: means, ranks and
        differences with 95 % intervals. They rest on draws that are a sample of the images."""
        study = find_study(request.user, slug, "annotation.export_study")
        current = current_leaderboards(study).result
        if current is None:
            raise LeaderboardsBusyError
        found = [leaderboard_json(item) for item in current.boards]
        return Response(LeaderboardSerializer(found, many=True).data)


def leaderboard_json(item: PerspectiveLeaderboard) -> dict[str, Any]:
    """A leaderboard with the names of its generators."""
    board = item.board or Leaderboard((), (), "", None, 0, 0)
    names = item.names
    return {
        "perspective": item.perspective.key,
        "problem": item.problem,
        "basis": board.basis,
        "published": list(item.published),
        "citation": Leaderboard.citation,
        "slope": board.slope,
        "draws": board.draws,
        "seed": board.seed,
        "generators": _rows(board, names),
        "prediction_powered": _rows(item.powered, names) if item.powered else [],
        "lacking": item.lacking.value,
        "pairs": [
            {
                **asdict(pair),
                "first": names[pair.first],
                "second": names[pair.second],
                "significant": pair.significant,
            }
            for pair in board.pairs
        ],
    }


def _rows(board: Leaderboard, names: Sequence[str]) -> list[dict[str, Any]]:
    return [{**asdict(row), "generator": names[row.generator]} for row in board.rows]
