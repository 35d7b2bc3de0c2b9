"""Model-assisted scores: by hand, and only of images that the version has not learnt from."""

import math

import numpy as np
import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from annotation.models import Score, Stimulus, Study
from annotation.opinion.forecast import AssistedScore, assisted_of
from annotation.opinion.releases import live_release
from annotation.opinion.selectors import limits_by_key, scores_of
from modelops.models import ModelVersion, Prediction
from modelops.registry.assisted import assisted_scores
from modelops.runs.promotion import promote
from modelops.tasks import renew_calibration
from tests.factories import make_rater
from tests.modelops.labelling import rate
from workbench.accounts.models import User


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


def joined(version: ModelVersion, stimulus: Stimulus) -> dict[str, AssistedScore]:
    study = version.study
    rows = list(scores_of(study, [stimulus])[stimulus.pk].values())
    return assisted_scores(version, rows, limits_by_key(live_release(study))).get(stimulus.pk, {})


def variances_by_hand(version: ModelVersion) -> tuple[float, float]:
    """Of a single rating of quality, and the factor of the version's variances: from the two
    ratings of each of the six hold-out images, on 0…1."""
    differences, noises, claimed, squares = [], [], [], []
    for stimulus in version.study.stimuli.filter(split="holdout"):
        scores = Score.objects.filter(trial__stimulus=stimulus, perspective__key="quality")
        a, b = ((value - 1) / 4 for value in scores.values_list("value", flat=True))
        squares.append((a - b) ** 2 / 2)
        made = version.predictions.get(stimulus=stimulus, perspective__key="quality")
        differences.append((made.mean - (a + b) / 2) ** 2)
        claimed.append(made.posterior_sd**2 + made.misfit_sd**2)
    # Drawn towards .2², which counts as two ratings more than each image has.
    single = (2 * 0.04 + sum(squares)) / (2 + len(squares))
    noises = [(square + 2 * single) / 3 / 2 for square in squares]
    whole = np.mean(differences)
    rest = max(whole - np.mean(noises), whole * math.sqrt(2 / 6))
    return single, float(rest / np.mean(claimed))


def test_an_image_rated_since_is_joined_by_hand(study: Study, scored: ModelVersion) -> None:
    unrated = study.stimuli.filter(claimed_ratings=0).earliest("pk")
    assert joined(scored, unrated) == {}
    rate(unrated, make_rater(study), (2, 3, 3))
    renew_calibration(scored.pk)
    renew_calibration(scored.pk + 1)  # a version that was deleted meanwhile
    found = joined(scored, unrated)["quality"]
    single, factor = variances_by_hand(scored)
    made = scored.predictions.get(stimulus=unrated, perspective__key="quality")
    variance = factor * (made.posterior_sd**2 + made.misfit_sd**2)
    weights = 1 / single, 1 / variance
    # A 2 of 1…5 is .25.
    value = (weights[0] * 0.25 + weights[1] * made.mean) / sum(weights)
    assert found.value == pytest.approx(1 + 4 * min(1, max(0, value)))
    assert found.standard_error == pytest.approx(4 / math.sqrt(sum(weights)))
    assert found.worth == pytest.approx(1 + single / variance)
    assert found.ratings == 1
    assert 1 <= found.low <= found.value <= found.high <= 5


def test_what_a_version_has_learnt_from_is_not_counted_twice(
    study: Study, scored: ModelVersion
) -> None:
    learnt = study.stimuli.filter(split="pool", claimed_ratings=2).earliest("pk")
    rate(learnt, make_rater(study), (2, 3, 3))
    assert joined(scored, learnt) == {}
    held_out = study.stimuli.filter(split="holdout").earliest("pk")
    assert list(joined(scored, held_out)) == ["quality", "authenticity", "correspondence"]


def test_pages_and_the_api_name_it_apart_from_the_mos(
    study: Study, scored: ModelVersion, client: Client, owner: User
) -> None:
    promote(version=scored, actor=owner)
    client.force_login(owner)
    held_out = study.stimuli.filter(split="holdout").earliest("pk")
    found = joined(scored, held_out)
    live = live_release(study)
    rows = list(scores_of(study, [held_out])[held_out.pk].values())
    assert assisted_of(study, rows, limits_by_key(live)) == {held_out.pk: found}
    text = client.get(reverse("study-stimulus", args=["demo", held_out.pk])).content.decode()
    assert "Model-assisted scores: not a MOS" in text
    for item in found.values():
        assert f'<td class="number">{item.value:.2f}</td>' in text
        assert f'<td class="number">{item.low:.2f} … {item.high:.2f}</td>' in text
    learnt = study.stimuli.filter(split="pool", claimed_ratings=2).earliest("pk")
    text = client.get(reverse("study-stimulus", args=["demo", learnt.pk])).content.decode()
    assert "There is no model-assisted score of this image" in text
    answers = client.get("/api/v1/studies/demo/predictions/?assisted=true").json()["results"]
    told = {item["stimulus"]: item["model_assisted"] for item in answers}
    assert told[learnt.pk] == {}
    assert told[held_out.pk]["quality"]["value"] == pytest.approx(found["quality"].value)


def test_a_hold_out_that_is_too_small_calibrates_nothing(
    study: Study, scored: ModelVersion
) -> None:
    held_out = list(study.stimuli.filter(split="holdout").order_by("pk"))
    Prediction.objects.filter(stimulus__in=held_out[2:]).delete()
    assert joined(scored, held_out[0]) == {}
