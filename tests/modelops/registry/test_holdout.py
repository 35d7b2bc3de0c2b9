"""The hold-out: one label for an image, and one figure for a version, wherever they are shown."""

import math

import pytest
from django.test import Client

from annotation.models import Stimulus, Study
from annotation.opinion.labels import labels_of
from modelops.learning.evaluation import mean_srcc
from modelops.models import ModelVersion
from modelops.registry.holdout import (
    agreement_of,
    holdout_labels,
    holdout_points,
    on_common_ground,
)
from modelops.registry.labelled import gather
from modelops.registry.selectors import most_uncertain, version_of
from modelops.runs.promotion import promote
from tests.factories import make_rater, make_stimuli, publish
from tests.modelops.conftest import Train, score_all
from tests.modelops.labelling import rate
from workbench.accounts.models import User


def test_a_label_from_two_sources_is_the_same_for_trainings_and_for_pages(study: Study) -> None:
    """One rater gave 5 of 1…5, a publication that does not say how many raters it had .5: it counts
    as 15 of them, so (1 · 1 + 15 · .5) / 16."""
    (stimulus,) = make_stimuli(study, [1], split="holdout")
    rate(stimulus, make_rater(study), (5, 3, 3))
    publish(stimulus=stimulus, perspective="quality", mos=0.5, source="elsewhere")
    trained_on = gather(study, labels_of(study)).holdout.labels.mos[0, 0]
    shown = holdout_labels(study).labels.mos[0, 0]
    assert trained_on == shown == 0.53125


def test_the_figures_of_now_are_the_stored_ones_for_every_perspective(
    study: Study, scored: ModelVersion, client: Client, owner: User
) -> None:
    points = holdout_points(scored, holdout_labels(study))
    assert list(points) == ["quality", "authenticity", "correspondence"]
    for key, stored in scored.agreements.items():
        assert agreement_of(points[key]).to_json() == pytest.approx(stored.to_json())
        assert stored.n == 6
    promote(version=scored, actor=owner)
    client.force_login(owner)
    text = client.get("/studies/demo/model/").content.decode()
    for stored in scored.agreements.values():
        for value in (stored.srcc, stored.plcc, stored.krcc, stored.rmse):
            assert f'<td class="number">{value:.3f}</td>' in text
    mean = mean_srcc(scored.agreements.values())
    assert f"<dt>Mean hold-out SRCC</dt><dd>{mean:.3f}</dd>" in text


def test_the_page_shows_the_mean_that_decides_promotions(
    study: Study, labelled: list[Stimulus], train: Train, client: Client, owner: User
) -> None:
    """If one perspective has none: its labels do not differ."""
    version = train()
    score_all(version)
    metrics = version.metrics
    metrics["perspectives"]["quality"]["srcc"] = None
    known = [metrics["perspectives"][key]["srcc"] for key in ("authenticity", "correspondence")]
    ModelVersion.objects.update(metrics=metrics)
    promote(version=version, actor=None)
    found = version_of(study, None)
    assert mean_srcc(found.agreements.values()) == pytest.approx(sum(known) / 2)


def test_images_without_a_label_or_a_prediction_are_no_points(
    study: Study, scored: ModelVersion
) -> None:
    held_out = list(Stimulus.objects.filter(split="holdout").order_by("pk"))
    scored.predictions.filter(stimulus=held_out[0], perspective__key="quality").delete()
    make_stimuli(study, [700], split="holdout")
    points = holdout_points(scored, holdout_labels(study))
    assert [it.stimulus for it in points["quality"]] == [it.pk for it in held_out[1:]]
    assert [it.stimulus for it in points["authenticity"]] == [it.pk for it in held_out]


def test_versions_are_compared_on_what_all_have_predicted(
    study: Study, scored: ModelVersion, train: Train
) -> None:
    second = train()
    score_all(second)
    labelled = holdout_labels(study)
    held_out = [it.pk for it in labelled.stimuli]
    scored.predictions.filter(stimulus=held_out[0]).delete()
    second.predictions.filter(stimulus=held_out[1]).delete()
    found = on_common_ground([holdout_points(version, labelled) for version in (scored, second)])
    for points in found:
        assert [it.stimulus for it in points["quality"]] == held_out[2:]
    assert on_common_ground([]) == []


def test_the_least_sure_images_come_with_the_root_mean_square_of_what_is_unknown(
    study: Study, scored: ModelVersion
) -> None:
    worst = most_uncertain(scored, 5)
    assert all(stimulus.split == "pool" for stimulus in worst)
    found = [
        [it.posterior_sd**2 + it.misfit_sd**2 for it in stimulus.predictions.all()]
        for stimulus in worst
    ]
    told = [stimulus.uncertainty for stimulus in worst]  # type: ignore[attr-defined]
    assert told == pytest.approx([math.sqrt(sum(squares) / 3) for squares in found])
    assert told == sorted(told, reverse=True)
