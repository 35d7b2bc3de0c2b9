"""Everything that counts scores counts the same ones."""

import pytest
from django.utils import timezone

from annotation.models import Score, Study, Trial
from annotation.opinion.coverage import coverage_of
from annotation.opinion.export.records import export_records
from annotation.opinion.labels import count_labels, labels_of
from annotation.opinion.releases import live_release
from annotation.opinion.votes import read_counting_scores
from annotation.studies.counting import counting_scores, counting_trials
from annotation.studies.selectors import score_counts
from tests.factories import make_rater, make_score, make_stimuli
from tests.modelops.labelling import rate

pytestmark = pytest.mark.django_db(transaction=True)

#: Two raters, each of both main images; all else below must not count.
RATINGS = 4


@pytest.fixture
def mixed(study: Study) -> Study:
    """A study with one of everything that does not count, next to what does."""
    main = make_stimuli(study, 2)
    practice = make_stimuli(study, [10], purpose="practice")[0]
    gold = make_stimuli(study, [11], purpose="gold")[0]
    raters = [make_rater(study), make_rater(study)]
    for rater in raters:
        for stimulus in main:
            rate(stimulus, rater, (4, 3, 2))
        for stimulus in (practice, gold):
            rate(stimulus, rater, (1, 1, 1))
    rate(main[0], make_rater(study, status="excluded"), (1, 1, 1))
    _as(rate(main[0], make_rater(study), (1, 1, 1)), role="stabilisation")
    _as(rate(main[1], make_rater(study), (1, 1, 1)), state="expired", submitted_at=None)
    _revise(Trial.objects.filter(rater=raters[0], stimulus=main[0]).get())
    return study


def _as(trial: Trial, **fields: object) -> None:
    Trial.objects.filter(pk=trial.pk).update(**fields)


def _revise(trial: Trial) -> None:
    Score.objects.filter(trial=trial, perspective__key="quality").update(
        superseded_at=timezone.now()
    )
    make_score(trial, "quality", 5, revision=2)


def test_pages_labels_releases_and_the_export_agree(mixed: Study) -> None:
    assert counting_trials(mixed).count() == RATINGS
    assert counting_scores(mixed).count() == 3 * RATINGS
    assert read_counting_scores(mixed).value.size == 3 * RATINGS
    assert live_release(mixed).ratings == RATINGS
    assert count_labels(mixed).ratings == RATINGS
    assert sum(item.ratings for item in coverage_of(mixed)) == RATINGS
    histogram = score_counts(mixed)
    assert {key: sum(number for _value, number in found) for key, found in histogram.items()} == {
        "quality": RATINGS,
        "authenticity": RATINGS,
        "correspondence": RATINGS,
    }
    assert sum(label.ratings or 0 for label in labels_of(mixed)) == 3 * RATINGS
    counted = [
        counts
        for record in export_records(mixed)
        for trial in record["trials"]
        for counts in trial["counts"].values()
    ]
    assert counted.count(True) == 3 * RATINGS
    assert False in counted


def test_their_means_are_one(mixed: Study) -> None:
    """Quality of the first image: 5 (revised) and 4."""
    first = next(export_records(mixed))
    assert first["mos"]["quality"]["mos"] == 4.5
    label = next(item for item in labels_of(mixed) if item.perspective == "quality")
    assert label.mos == pytest.approx((4.5 - 1) / 4)
    assert (
        live_release(mixed).scores.get(stimulus=first["stimulus"], perspective__key="quality").value
        == 4.5
    )
