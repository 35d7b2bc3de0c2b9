"""Images as the export has them: what each is, its opinion scores, and what a model expects."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from django.db.models import Count

from ...models import OpinionScore, Stimulus, Trial
from ..forecast import Forecast, forecasts_of
from .formats import Record
from .made import Export

#: Of an opinion score; what its mean is called in a record stands before.
_OPINION = (
    ("mos", "mean"),
    ("sd", "sd"),
    ("score", "value"),
    ("standard_error", "standard_error"),
    ("low", "low"),
    ("high", "high"),
)
#: Of a forecast, by the names that the table's columns begin with.
_FORECAST = (
    ("predicted", "mean"),
    ("predicted_sd", "sd"),
    ("predicted_posterior_sd", "posterior_sd"),
    ("predicted_misfit_sd", "misfit_sd"),
    ("predicted_rater_sd", "rater_sd"),
)
#: Of what a forecast has learnt from.
_KNOWLEDGE = (
    ("predicted_ratings", "ratings"),
    ("predicted_learnt_at_utc", "at"),
    ("predicted_stale", "stale"),
)


def image_records(export: Export, stimuli: list[Stimulus]) -> Iterator[Record]:
    """Without what single raters said."""
    opinions, draws = opinion_records(export, stimuli), _draws(stimuli)
    forecasts = forecasts_of(export.study, stimuli)
    for stimulus in stimuli:
        expected, own = forecasts.get(stimulus.pk, {}), opinions[stimulus.pk]
        yield {
            **image_record(stimulus),
            "state_reason": export.taken_out.get(stimulus.pk),
            "draws": draws[stimulus.pk],
            "predicted_by": export.predicted_by if expected else None,
            **_knowledge(expected),
            "predicted": {
                key: _forecast(expected.get(key), own[key]["n"]) for key in export.facts.keys
            },
            "metadata": stimulus.metadata,
            "mos": own,
        }


def image_record(stimulus: Stimulus) -> Record:
    return {
        "stimulus": stimulus.pk,
        "filename": stimulus.filename,
        "prompt": stimulus.prompt.text,
        "generator": stimulus.generator.name,
        "split": stimulus.split,
        "purpose": stimulus.purpose,
        "attention_check": stimulus.attention_check,
        # Marked, not left out: its single scores are there, and do not count if it is excluded.
        "state": stimulus.state,
        "sha256": stimulus.sha256 or None,
        "width": stimulus.width,
        "height": stimulus.height,
    }


def _draws(stimuli: list[Stimulus]) -> dict[int, dict[str, int]]:
    """How often each image was answered in main trials, by the draw that it came by."""
    answered = Trial.objects.filter(
        stimulus__in=stimuli, state=Trial.State.SUBMITTED, role=Trial.Role.MAIN
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for stimulus, draw, number in answered.values_list("stimulus_id", "draw", Count("pk")):
        found[stimulus][draw] = number
    return found


def opinion_records(export: Export, stimuli: list[Stimulus]) -> dict[int, dict[str, Record]]:
    """Per stimulus and perspective its opinion score, on the study's scale."""
    known = export.opinions_of([stimulus.pk for stimulus in stimuli])
    return {
        stimulus.pk: {
            key: _opinion(export, key, known.get((stimulus.pk, key))) for key in export.facts.keys
        }
        for stimulus in stimuli
    }


def _opinion(export: Export, perspective: str, found: OpinionScore | None) -> Record:
    """`mos` is the mean of the rows that count, on the scale of the scores; `score`, its error and
    its interval are the method's, on the scale from `minimum` to `maximum`."""
    minimum, maximum = export.limits.get(perspective, (None, None))
    return {
        **{name: getattr(found, field, None) for name, field in _OPINION},
        "n": found.n if found else 0,
        "counts": found.histogram if found else None,
        "method": export.release.method,
        "version": export.release.method_version,
        "release": export.release.number,
        "minimum": minimum,
        "maximum": maximum,
        "scale": export.facts.scale(perspective),
    }


def _forecast(found: Forecast | None, ratings: int) -> Record:
    label_sd = found.rater_sd / ratings**0.5 if found and ratings else None
    own = {name: getattr(found, field, None) for name, field in _FORECAST}
    return {**own, "predicted_label_sd": label_sd}


def _knowledge(expected: Mapping[str, Forecast]) -> Record:
    """The same for all perspectives."""
    found = next((item.knowledge for item in expected.values()), None)
    return {name: getattr(found, field, None) for name, field in _KNOWLEDGE}
