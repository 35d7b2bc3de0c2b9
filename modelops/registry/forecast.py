"""What the model in use expects of images, for the pages about images."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import F, FilteredRelation, FloatField, Q, QuerySet
from django.db.models.expressions import OrderBy, RawSQL

from annotation.models import OpinionScore, Stimulus, Study
from annotation.opinion.copying import FLOAT, INTEGER, copy_rows
from annotation.opinion.forecast import AssistedScore, Forecast, Forecasts, Knowledge
from annotation.protocol.scales import Scale
from workbench.core.jobs.models import JobState

from ..learning.uncertainty import Expectation
from ..models import ModelVersion, Prediction
from .assisted import assisted_scores
from .current import Refreshed, current
from .selectors import active_version

_COLUMNS = (("perspective", INTEGER), ("stimulus", INTEGER), ("mean", FLOAT))


class ActiveForecaster:
    """By the active version of the leading predictor."""

    def expected(self, study: Study, stimuli: Sequence[Stimulus]) -> dict[int, dict[str, Forecast]]:
        version = active_version(study)
        if version is None:
            return {}
        scales = {item.key: item.scale for item in study.perspective_settings}
        state = current(version)
        found: dict[int, dict[str, Forecast]] = {}
        for prediction in Prediction.objects.filter(
            model_version=version, stimulus__in=stimuli
        ).select_related("perspective"):
            key = prediction.perspective.key
            knowledge = state.knowledge_of(prediction.stimulus_id)
            told = _on_scale(state.expected(prediction), scales[key], knowledge)
            found.setdefault(prediction.stimulus_id, {})[key] = told
        return found

    def most_uncertain(
        self, study: Study, perspective: str, stimuli: QuerySet[Stimulus]
    ) -> QuerySet[Stimulus] | None:
        version = active_version(study)
        if version is None:
            return None
        refreshed = current(version).refreshed
        if refreshed is not None and perspective in refreshed.perspectives:
            return _by_refreshed(stimuli, refreshed, perspective)
        predicted = FilteredRelation(
            "predictions",
            condition=Q(
                predictions__model_version=version,
                predictions__perspective=study.perspectives.get(key=perspective),
            ),
        )
        # The square of how far the true score may be from the expected one.
        unsure = F("own__posterior_sd") * F("own__posterior_sd") + F("own__misfit_sd") * F(
            "own__misfit_sd"
        )
        found = stimuli.annotate(own=predicted)
        return found.order_by(unsure.desc(nulls_last=True), "pk")

    def all_expected(self, study: Study) -> dict[str, Forecasts]:
        version = active_version(study)
        if version is None:
            return {}
        rows = Prediction.objects.filter(model_version=version).order_by("stimulus_id")
        columns = rows.values_list("perspective_id", "stimulus_id", "mean")
        found = copy_rows(columns, _COLUMNS)
        forecasts = {}
        for perspective in study.perspectives.all():
            own = found["perspective"] == perspective.pk
            scale = perspective.settings.scale
            expected = scale.minimum + scale.width * found["mean"][own]
            forecasts[perspective.key] = Forecasts(found["stimulus"][own], expected)
        return forecasts

    def assisted(
        self,
        study: Study,
        scores: Sequence[OpinionScore],
        limits: Mapping[str, tuple[float, float]],
    ) -> dict[int, dict[str, AssistedScore]]:
        version = active_version(study)
        return assisted_scores(version, scores, limits) if version else {}

    def learners(self, study: Study) -> dict[int, list[int]]:
        found = defaultdict(list)
        rows = ModelVersion.objects.filter(study=study).order_by("number")
        for version, own, published in rows.values_list(
            "number", "snapshot__release__number", "snapshot__published"
        ):
            for release in ([own] if own else []) + [item["number"] for item in published]:
                found[release].append(version)
        return dict(found)

    def named(self, study: Study) -> str:
        version = active_version(study)
        return f"{version.predictor.name} {version.number}" if version else ""

    def in_use(self, study: Study) -> str:
        version = active_version(study)
        if version is None:
            return ""
        scored = version.scoring_runs.filter(state=JobState.SUCCEEDED).order_by("-pk")
        return f"{version.number}:{scored.values_list('pk', flat=True).first() or 0}"


def _by_refreshed(
    stimuli: QuerySet[Stimulus], refreshed: Refreshed, perspective: str
) -> QuerySet[Stimulus]:
    """Those first of which a refresh is least sure, images that it lacks last. The database looks
    each one up in two sorted arrays, so that a page of the list takes no join and no temporary
    table."""
    keys, sd = refreshed.keys_in_sql, refreshed.sd_in_sql[perspective]
    place = "width_bucket(annotation_stimulus.id, %s::bigint[])"
    known = f"(%s::bigint[])[{place}] = annotation_stimulus.id"
    look = RawSQL(  # noqa: S611 -- the text is fixed
        f"CASE WHEN {known} THEN (%s::float8[])[{place}] END",
        (keys, keys, sd, keys),
        FloatField(),
    )
    return stimuli.order_by(OrderBy(look, descending=True, nulls_last=True), "pk")


def _on_scale(expected: Expectation, scale: Scale, knowledge: Knowledge) -> Forecast:
    width = scale.width
    return Forecast(
        scale.from_unit(min(1.0, max(0.0, expected.mean))),
        width * expected.epistemic_sd,
        width * expected.posterior_sd,
        width * expected.misfit_sd,
        width * expected.rater_sd,
        knowledge,
    )
