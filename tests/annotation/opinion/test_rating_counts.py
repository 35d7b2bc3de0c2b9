"""What the overview counts is what is there, also after anything that changes what counts."""

import pytest
from django.test import TestCase

from annotation.models import Rater, Stimulus, Study
from annotation.opinion import rating_counts as counting
from annotation.opinion.rating_counts import rating_counts, renew_rating_counts
from annotation.opinion.release_facts import extremes_of
from annotation.opinion.releases import live_release, renew_live
from annotation.studies.audit import record
from annotation.studies.counts import ratings_by_day
from annotation.studies.selectors import score_counts
from tests.conftest import Sent
from tests.factories import make_rater, make_stimuli
from tests.modelops.labelling import rate

pytestmark = pytest.mark.django_db


def assert_counts(study: Study, ratings: int) -> None:
    found = rating_counts(study)
    assert found.current
    assert found.result is not None
    assert found.result.scores == score_counts(study)
    assert found.result.days == ratings_by_day(study)
    assert sum(day.ratings for day in found.result.days) == ratings


def test_counts_follow_new_ratings_excluded_raters_and_images(study: Study) -> None:
    assert_counts(study, 0)
    first, second = make_stimuli(study, 2)
    raters = [make_rater(study) for _ in range(2)]
    for rater in raters:
        rate(first, rater, (4, 3, 2))
    assert_counts(study, 2)
    renew_live(study)
    assert_counts(study, 2)
    # While the release is old.
    rate(second, raters[0], (1, 1, 1))
    assert_counts(study, 3)
    renew_live(study)
    Rater.objects.filter(pk=raters[1].pk).update(status="excluded")
    record(study=study, actor=None, action="rater.excluded")
    assert_counts(study, 2)
    Stimulus.objects.filter(pk=first.pk).update(state="excluded")
    record(study=study, actor=None, action="image.excluded")
    assert_counts(study, 1)


def test_a_large_study_is_counted_by_a_worker_and_its_readers_get_the_last_counts(
    study: Study, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_QUICK_SECONDS", 0.0)
    (image,) = make_stimuli(study, 1)
    assert_counts(study, 0)
    rate(image, make_rater(study), (4, 3, 2))
    with TestCase.captureOnCommitCallbacks(execute=True):
        found = rating_counts(study)
    assert not found.current
    assert found.result is not None
    assert found.result.days == []
    assert (counting.RENEW, (study.pk,)) in sent
    renew_rating_counts(study)
    assert_counts(study, 1)


def test_the_images_at_the_ends_are_those_of_the_release_as_it_is(study: Study) -> None:
    low, middle, high = make_stimuli(study, 3)
    rater, other = make_rater(study), make_rater(study)
    for stimulus, score in ((low, 1), (middle, 3), (high, 5)):
        rate(stimulus, rater, (score, 3, 3))
        rate(stimulus, other, (score, 3, 3))
    perspective = study.perspectives.get(key="quality")

    def images(name: str) -> list[int]:
        release = live_release(study)
        keys = extremes_of(release, perspective)[name]
        return [release.scores.get(pk=key).stimulus_id for key in keys]

    assert images("best") == [high.pk, middle.pk, low.pk]
    assert images("worst") == [low.pk, middle.pk, high.pk]
    rate(middle, make_rater(study), (5, 3, 3))
    renew_live(study)
    assert images("disputed")[0] == middle.pk
    assert images("best") == [high.pk, middle.pk, low.pk]
