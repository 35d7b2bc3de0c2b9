"""What the pages about images are told by the model in use."""

import math

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation.models import Study
from annotation.stimuli.listing import Listing
from modelops.models import ModelVersion, Prediction
from modelops.registry.forecast import ActiveForecaster
from modelops.runs.promotion import promote
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db


def test_the_least_certain_image_comes_first(
    study: Study, scored: ModelVersion, owner: User
) -> None:
    promote(version=scored, actor=owner)
    ordered = ActiveForecaster().most_uncertain(study, "quality", study.stimuli.all())
    assert ordered is not None
    given = Prediction.objects.filter(model_version=scored, perspective__key="quality")
    sure = {item.stimulus_id: math.hypot(item.posterior_sd, item.misfit_sd) for item in given}
    shown = [sure[pk] for pk in ordered.values_list("pk", flat=True) if pk in sure]
    assert len(shown) == len(sure) == 40
    assert shown == sorted(shown, reverse=True)


def test_a_list_by_certainty_is_not_read_to_be_made(
    study: Study, scored: ModelVersion, owner: User
) -> None:
    """A page shows some dozens of what may be a million images."""
    promote(version=scored, actor=owner)
    listing = Listing.read({"sort": "uncertain"}, study)
    with CaptureQueriesContext(connection) as asked:
        found = listing.keys(study)
    assert not [query["sql"] for query in asked if 'FROM "annotation_stimulus"' in query["sql"]]
    ordered = ActiveForecaster().most_uncertain(study, "quality", study.stimuli.all())
    assert ordered is not None
    assert list(found[:5]) == [stimulus.pk for stimulus in ordered[:5]]


def test_expectations_are_on_the_studys_scale(
    study: Study, scored: ModelVersion, owner: User
) -> None:
    promote(version=scored, actor=owner)
    stimulus = study.stimuli.earliest("pk")
    told = ActiveForecaster().expected(study, [stimulus])[stimulus.pk]["quality"]
    given = Prediction.objects.get(
        model_version=scored, perspective__key="quality", stimulus=stimulus
    )
    # Five levels, from 1.
    assert told.mean == pytest.approx(1 + 4 * min(1, max(0, given.expected.mean)))
    for name in ("posterior_sd", "misfit_sd", "rater_sd"):
        assert getattr(told, name) == pytest.approx(4 * getattr(given, name))
    assert told.sd == pytest.approx(math.hypot(told.posterior_sd, told.misfit_sd))
    assert ActiveForecaster().named(study) == f"{scored.predictor.name} {scored.number}"


def test_without_a_model_in_use_nothing_is_told(study: Study, scored: ModelVersion) -> None:
    stimuli = study.stimuli.all()
    assert ActiveForecaster().expected(study, list(stimuli)) == {}
    assert ActiveForecaster().most_uncertain(study, "quality", stimuli) is None
    assert ActiveForecaster().all_expected(study) == {}
    assert ActiveForecaster().in_use(study) == ActiveForecaster().named(study) == ""


def test_all_expectations_of_a_perspective_come_at_once(
    study: Study, scored: ModelVersion, owner: User
) -> None:
    promote(version=scored, actor=owner)
    told = ActiveForecaster().all_expected(study)
    assert list(told) == ["quality", "authenticity", "correspondence"]
    own = Prediction.objects.filter(model_version=scored, perspective__key="authenticity")
    given = dict(own.values_list("stimulus", "mean"))
    assert told["authenticity"].stimulus.tolist() == sorted(given)
    # Five levels, from 1.
    assert told["authenticity"].mean.tolist() == pytest.approx(
        [1 + 4 * given[key] for key in sorted(given)]
    )
    run = scored.scoring_runs.get()
    assert ActiveForecaster().in_use(study) == f"{scored.number}:{run.pk}"
