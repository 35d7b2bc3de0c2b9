"""Figures of a study's ratings: published examples, and what can be worked out by hand."""

import math

import pytest
from django.core.cache import cache
from pytest_django import DjangoAssertNumQueries

from annotation.models import Rater, Study, Trial
from annotation.opinion.panel import selectors
from annotation.opinion.panel.selectors import RENEW, panel_results
from annotation.opinion.tasks import renew_panel
from annotation.protocol.aigciqa2023 import default_perspectives
from annotation.protocol.scales import ACR11
from tests.annotation.answering import answer, sitting
from tests.annotation.opinion.agreement.panels import FOUR_BY_TWELVE, SIX_BY_FOUR
from tests.annotation.opinion.panel.rated import figure, rate_table, results_of, value
from tests.conftest import Sent
from tests.factories import make_rater, make_stimuli, set_perspectives

#: A row per rater.
KRIPPENDORFF = tuple(tuple(score or None for score in row) for row in FOUR_BY_TWELVE)


def test_krippendorffs_own_example(study: Study) -> None:
    rate_table(study, KRIPPENDORFF)
    assert value(study, "alpha_ordinal") == pytest.approx(0.815388, abs=1e-6)
    assert value(study, "alpha_interval") == pytest.approx(0.849107, abs=1e-6)


def test_excluded_raters_and_images_do_not_count(study: Study) -> None:
    rate_table(study, (*KRIPPENDORFF, (5,) * 12))
    Rater.objects.filter(code="RATER4").update(status="excluded")
    assert value(study, "alpha_ordinal") == pytest.approx(0.815388, abs=1e-6)
    assert results_of(study).agreement.perspectives[0].raters == 4


def test_intraclass_correlations_of_shrout_and_fleiss(study: Study) -> None:
    set_perspectives(study, default_perspectives(ACR11))
    rate_table(study, list(zip(*SIX_BY_FOUR, strict=True)))
    # Their table 4; variance components are the analysis of variance's on complete data.
    assert value(study, "icc_single") == pytest.approx(0.2898, abs=5e-5)
    assert value(study, "icc_mean") == pytest.approx(0.6201, abs=5e-5)


def test_the_sos_parameter_by_hand(study: Study) -> None:
    # Variances 2 and 0.5 about means of 3 and 1.5; (m − 1)(5 − m) is 4 and 1.75:
    # a = (2 · 4 + 0.5 · 1.75) / (4² + 1.75²) = 8.875 / 19.0625.
    rate_table(study, ((2, 1), (4, 2)))
    assert value(study, "sos") == pytest.approx(8.875 / 19.0625)


def test_hidden_repeats_are_held_against_first_scores(study: Study) -> None:
    cache.clear()
    session, stimuli = sitting(make_rater(study)), make_stimuli(study, 5)
    for stimulus, score in zip(stimuli, (1, 2, 4, 5, 3), strict=True):
        answer(session, stimulus, score)
    for stimulus, score in zip(stimuli, (2, 2, 3, 5), strict=False):
        answer(session, stimulus, score, role="repeat")
    # A repeat of an image without a first score that counts says nothing.
    Trial.objects.filter(stimulus=stimuli[3], role="main").update(role="practice", block=0)
    answer(session, make_stimuli(study, [9])[0], 1, role="repeat")
    answer(session, stimuli[4], 3, role="repeat")
    # Of 1→2, 2→2, 4→3, 3→3: deviations −1.5 −.5 1.5 .5 and −.5 −.5 .5 .5 give 2.0/√(5 · 1).
    assert value(study, "retest") == pytest.approx(2 / math.sqrt(5))
    retest = results_of(study).agreement.perspectives[0].retest
    assert retest is not None
    # Differences 1, 0, −1, 0: no shift, variance 2/3.
    assert retest.shift == pytest.approx(0)
    assert retest.upper == pytest.approx(1.959964 * math.sqrt(2 / 3))
    assert retest.pairs == 4


def test_drift_is_by_the_place_in_the_session(study: Study) -> None:
    cache.clear()
    one, two = make_stimuli(study, 2)
    first, second = sitting(make_rater(study)), sitting(make_rater(study))
    for session, stimulus, score, seconds in (
        (first, one, 3, 4),
        (first, two, 3, 2),
        (second, two, 3, 4),
        (second, one, 4, 2),
    ):
        answer(session, stimulus, score, seconds=seconds)
    # 3 − 3 − 4 + 3 = −1 over 0 − 1 − 1 + 0 = −2 places: half a point per image.
    assert value(study, "drift") == pytest.approx(50)
    # Twice as fast with each image.
    assert value(study, "pace") == pytest.approx(-100 * math.log(2), rel=1e-6)
    # With two places, the first image is the drift.
    assert figure(study, "first").measure is None
    assert results_of(study).median_seconds == pytest.approx(3, abs=1e-6)


def test_halo_is_what_image_and_rater_leave(study: Study) -> None:
    pattern = ((1, -1, 0), (-1, 1, 0), (0, 0, 0))
    # Quality moves with the pattern, authenticity against it, correspondence as images do.
    rate_table(
        study,
        [[(at + 2 + by, at + 2 - by, at + 2) for at, by in enumerate(row)] for row in pattern],
    )
    found = results_of(study).agreement.halos
    assert [(item.one, item.two) for item in found] == [
        ("quality", "authenticity"),
        ("quality", "correspondence"),
        ("authenticity", "correspondence"),
    ]
    raters, images = found[0].raters.measure, found[0].images.measure
    assert raters is not None
    assert images is not None
    assert raters.value == pytest.approx(-1)
    assert images.value == pytest.approx(1)
    # Nobody differs on correspondence, so nothing is left.
    assert found[1].raters.measure is None


def test_random_draws_have_figures_of_their_own(study: Study) -> None:
    raters, stimuli = rate_table(study, KRIPPENDORFF)
    answer(sitting(raters[0], state="withdrawn"), make_stimuli(study, [50])[0], 5)
    Trial.objects.filter(stimulus__in=stimuli).update(draw="audit")
    found = results_of(study)
    assert found.draws.by_draw == {"audit": 41, "priority": 1}
    assert found.of_sample is not None
    assert (found.agreement.perspectives[0].ratings, found.of_sample.perspectives[0].ratings) == (
        42,
        41,
    )


def test_ratings_that_give_nothing_say_what_is_missing(study: Study) -> None:
    rate_table(study, ((3,),))
    figures = results_of(study).agreement.perspectives[0].figures
    assert all(item.measure is None and item.missing for item in figures)


def test_a_study_without_ratings_has_no_figures(study: Study) -> None:
    cache.clear()
    assert results_of(study).draws.total == 0
    assert results_of(study).of("quality") is None


@pytest.mark.django_db(transaction=True)
def test_a_large_study_is_computed_by_a_worker(
    study: Study, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "FEW_RATINGS", 3)
    rate_table(study, KRIPPENDORFF)
    assert panel_results(study) is None
    assert panel_results(study) is None
    assert sent == [(RENEW, (study.pk,))]
    renew_panel(study.pk)
    first = results_of(study)
    # More ratings: the last results are read until the worker has been there again.
    monkeypatch.setattr(selectors, "QUICK_SECONDS", 0)
    answer(sitting(make_rater(study)), make_stimuli(study, [70])[0], 5)
    assert results_of(study).computed_at == first.computed_at
    renew_panel(study.pk)
    assert results_of(study).draws.total == 42


def test_kept_results_are_read_without_a_look_at_ratings(
    study: Study, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rate_table(study, KRIPPENDORFF)
    results_of(study)
    # Exclusions, images, settings and the newest score.
    with django_assert_max_num_queries(6):
        results_of(study)
