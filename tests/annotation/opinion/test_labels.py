from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from annotation.models import OpinionRelease, OpinionScore, Rater, Score, Stimulus, Study
from annotation.opinion import releases
from annotation.opinion.labels import Label, count_labels, labels_of
from annotation.protocol.aigciqa2023 import default_perspectives
from annotation.protocol.scales import SLIDER100
from tests.factories import (
    make_rater,
    make_score,
    make_stimuli,
    make_study,
    publish,
    set_perspectives,
)
from tests.modelops.labelling import rate
from workbench.accounts.models import User


@pytest.fixture
def stimulus(study: Study) -> Stimulus:
    return make_stimuli(study, 1)[0]


def quality(study: Study) -> list[Label]:
    return [label for label in labels_of(study) if label.perspective == "quality"]


def test_scores_become_mos_on_the_unit_scale(study: Study, stimulus: Stimulus) -> None:
    # 2, 3 and 5 of 1…5 are 0.25, 0.5 and 1: mean 0.583333, sd √(((1/3)² + (1/12)² + (5/12)²)/2).
    for score in (2, 3, 5):
        rate(stimulus, make_rater(study), (score, 1, 1))
    (label,) = quality(study)
    assert label.mos == pytest.approx(0.583333, abs=1e-6)
    assert label.sd == pytest.approx(0.381881, abs=1e-6)
    assert (label.ratings, label.source, label.split) == (3, "raters", "pool")


def test_the_scale_of_the_study_is_the_one_that_counts(study: Study, stimulus: Stimulus) -> None:
    set_perspectives(study, default_perspectives(SLIDER100))
    rate(stimulus, make_rater(study), (70, 0, 0))
    assert quality(study)[0].mos == pytest.approx(0.7)


def test_perspectives_come_in_the_order_of_the_study(study: Study, stimulus: Stimulus) -> None:
    rate(stimulus, make_rater(study), (1, 3, 5))
    assert [(label.perspective, label.mos) for label in labels_of(study)] == [
        ("quality", 0.0),
        ("authenticity", 0.5),
        ("correspondence", 1.0),
    ]


def test_one_rating_has_no_spread(study: Study, stimulus: Stimulus) -> None:
    rate(stimulus, make_rater(study), (1, 3, 5))
    assert quality(study)[0].sd is None


def test_what_raters_are_biased_by_is_no_noise_of_their_scores(study: Study) -> None:
    """Half of them give one more than the image is worth, half one less: they do not disagree about
    any image. What they gave still has its own spread, √(4/3)."""
    Study.objects.filter(pk=study.pk).update(opinion_method="subject_map")
    study.refresh_from_db()
    images = make_stimuli(study, 20)
    for number in range(4):
        rater, bias = make_rater(study), 1 if number % 2 else -1
        for image in images:
            rate(image, rater, (3 + bias, 3, 3))
    labels = quality(study)
    assert [label.mos for label in labels] == [pytest.approx(0.5, abs=1e-6)] * 20
    assert max(label.sd or 1 for label in labels) < 0.02
    scores = OpinionScore.objects.filter(perspective__key="quality")
    assert [score.sd for score in scores] == [pytest.approx((4 / 3) ** 0.5)] * 20


def test_a_superseded_score_does_not_count(study: Study, stimulus: Stimulus) -> None:
    trial = rate(stimulus, make_rater(study), (1, 3, 5))
    old = Score.objects.get(trial=trial, perspective__key="quality")
    Score.objects.filter(pk=old.pk).update(superseded_at=old.created_at)
    make_score(trial, "quality", 5, revision=2)
    assert quality(study)[0].mos == 1.0


def test_an_excluded_rater_does_not_count(study: Study, stimulus: Stimulus) -> None:
    rate(stimulus, make_rater(study), (1, 1, 1))
    rate(stimulus, make_rater(study, status=Rater.Status.EXCLUDED), (5, 5, 5))
    assert quality(study)[0].mos == 0.0
    assert count_labels(study).ratings == 1


@pytest.mark.parametrize("purpose", ["practice", "gold"])
def test_practice_and_gold_images_do_not_count(study: Study, purpose: str) -> None:
    rate(make_stimuli(study, 1, purpose=purpose)[0], make_rater(study), (1, 1, 1))
    assert labels_of(study) == []
    assert count_labels(study).ratings == 0


def test_published_scores_are_labels_next_to_own_ones(study: Study, stimulus: Stimulus) -> None:
    publish(stimulus=stimulus, perspective="quality", mos=0.42, sd=0.1, raters=28, source="aigciqa")
    rate(stimulus, make_rater(study), (5, 1, 1))
    assert [(label.source, label.mos) for label in quality(study)] == [
        ("aigciqa", 0.42),
        ("raters", 1.0),
    ]


def test_a_published_score_without_its_image_is_no_label(study: Study) -> None:
    absent = make_stimuli(study, 1)[0]
    Stimulus.objects.filter(pk=absent.pk).update(
        sha256="", image="", display="", thumbnail="", width=None, height=None
    )
    publish(stimulus=absent, perspective="quality", mos=0.4, source="s")
    assert labels_of(study) == []
    assert count_labels(study).pool == 0


def test_counts_tell_pool_from_hold_out(study: Study) -> None:
    pool = make_stimuli(study, 3)
    held = make_stimuli(study, [10], split="holdout")
    raters = [make_rater(study), make_rater(study)]
    for stimulus in (pool[0], pool[1], held[0]):
        for rater in raters:
            rate(stimulus, rater, (3, 3, 3))
    counts = count_labels(study)
    assert (counts.ratings, counts.pool, counts.holdout) == (6, 2, 1)
    assert {label.stimulus for label in labels_of(study, split="holdout")} == {held[0].pk}


def test_counts_tell_the_perspectives_apart(study: Study) -> None:
    """Raters answer from all three; a publication may hold one, of an image that is rated, too."""
    stimuli = make_stimuli(study, 3)
    held = make_stimuli(study, [10], split="holdout")
    rate(stimuli[0], make_rater(study), (3, 3, 3))
    for stimulus in (*stimuli[:2], held[0]):
        for source in ("one", "another"):
            publish(stimulus=stimulus, perspective="quality", mos=0.4, source=source)
    assert count_labels(study).pool_by_perspective == {
        "quality": 2,
        "authenticity": 1,
        "correspondence": 1,
    }


def test_another_study_is_not_counted(study: Study, owner: User, stimulus: Stimulus) -> None:
    other = make_study(owner, "other")
    rate(make_stimuli(other, [50])[0], make_rater(other), (1, 1, 1))
    assert labels_of(study) == []
    assert count_labels(study).ratings == 0


def test_the_same_ratings_give_the_same_labels_to_the_last_bit(
    study: Study, stimulus: Stimulus
) -> None:
    for score in (1, 2, 4, 5, 3):
        rate(stimulus, make_rater(study), (score, score, score))
    assert labels_of(study) == labels_of(study)


@pytest.mark.django_db(transaction=True)
def test_all_labels_are_of_one_moment(
    study: Study, stimulus: Stimulus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What arrives after the live release was found is not among them, also where that changes."""
    rate(stimulus, make_rater(study), (1, 2, 3))
    rater, (other,) = make_rater(study), make_stimuli(study, [1])

    def find_then_rate(asked: Study) -> OpinionRelease | None:
        found = releases.stored_live(asked)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(rate_elsewhere, other, rater).result()
        return found

    monkeypatch.setattr("annotation.opinion.labels.stored_live", find_then_rate)
    assert [label.stimulus for label in labels_of(study)] == [stimulus.pk] * 3
    monkeypatch.undo()
    assert len(labels_of(study)) == 2 * 3


def rate_elsewhere(stimulus: Stimulus, rater: Rater) -> None:
    """In another connection, where the live release is made again, too."""
    try:
        rate(stimulus, rater, (3, 3, 3))
        releases.renew_live(stimulus.study)
    finally:
        connection.close()
