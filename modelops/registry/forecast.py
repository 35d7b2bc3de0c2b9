"""What the model in use expects of images, for the pages about images."""

from collections.abc import Sequence

from django.db.models import F, FilteredRelation, Q, QuerySet

from annotation.models import Stimulus, Study
from annotation.stimuli.forecast import Forecast

from ..models import Prediction
from .selectors import active_version


class ActiveForecaster:
    """By the active version of the leading predictor."""

    def expected(self, study: Study, stimuli: Sequence[Stimulus]) -> dict[int, dict[str, Forecast]]:
        version = active_version(study)
        if version is None:
            return {}
        scales = {item.key: item.scale for item in study.perspective_settings}
        found: dict[int, dict[str, Forecast]] = {}
        for prediction in Prediction.objects.filter(
            model_version=version, stimulus__in=stimuli
        ).select_related("perspective"):
            key, expected = prediction.perspective.key, prediction.expected
            found.setdefault(prediction.stimulus_id, {})[key] = Forecast(
                scales[key].from_unit(min(1.0, max(0.0, expected.mean))),
                scales[key].width * expected.epistemic_sd,
            )
        return found

    def most_uncertain(
        self, study: Study, perspective: str, stimuli: QuerySet[Stimulus]
    ) -> QuerySet[Stimulus] | None:
        version = active_version(study)
        if version is None:
            return None
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
