"""What the table of images says next to opinion scores: why one is out, and what a model says."""

import csv
import io
from datetime import UTC, datetime

import pytest

from annotation.models import Study
from annotation.opinion import forecast
from annotation.opinion.export.formats import FORMATS
from annotation.opinion.export.records import exported
from annotation.opinion.forecast import Forecast, Knowledge
from annotation.removal.images import set_image_state
from tests.annotation.opinion.comparing import FakeForecaster
from tests.factories import make_stimuli
from workbench.accounts.models import User


def rows_of(study: Study) -> list[dict[str, str]]:
    data = b"".join(exported(study, FORMATS["images"], raw=True))
    return list(csv.DictReader(io.StringIO(data.decode())))


@pytest.mark.django_db
def test_an_image_says_why_it_is_out_until_it_is_back(study: Study, owner: User) -> None:
    stimulus, _other = make_stimuli(study, 2)
    set_image_state(stimulus=stimulus, actor=owner, state="excluded", reason="two foxes")
    assert [row["state_reason"] for row in rows_of(study)] == ["two foxes", ""]
    set_image_state(stimulus=stimulus, actor=owner, state="in_use", reason="one, after all")
    assert [row["state_reason"] for row in rows_of(study)] == ["", ""]


@pytest.mark.django_db
def test_predictions_leave_with_the_model_that_made_them(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _second = make_stimuli(study, 2)
    learnt = Knowledge(1, 60, datetime(2026, 1, 2, 3, 4, tzinfo=UTC), stale=True)

    class Fake(FakeForecaster):
        def expected(self, study: Study, stimuli: object) -> dict[int, dict[str, Forecast]]:
            return {first.pk: {"quality": Forecast(3.5, 0.5, 0.3, 0.4, 0.9, learnt)}}

    monkeypatch.setattr(forecast, "FORECASTERS", [Fake({})])
    one, other = rows_of(study)
    names = ("predicted", "predicted_sd", "predicted_posterior_sd", "predicted_misfit_sd")
    assert [one[f"{name}_quality"] for name in names] == ["3.5", "0.5", "0.3", "0.4"]
    assert (one["predicted_rater_sd_quality"], one["predicted_by"]) == ("0.9", "fake 1")
    assert (one["predicted_authenticity"], other["predicted_quality"]) == ("", "")
    assert other["predicted_by"] == ""
    about = ("predicted_ratings", "predicted_learnt_at_utc", "predicted_stale")
    assert [one[name] for name in about] == ["60", "2026-01-02T03:04:00+00:00", "true"]
    assert [other[name] for name in about] == ["", "", ""]
    # Nobody has rated it.
    assert one["predicted_label_sd_quality"] == ""
