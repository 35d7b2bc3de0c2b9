"""The queue shows what a claim gives, and why; it claims nothing."""

from dataclasses import replace

import pytest

from annotation.models import Rater, Stimulus, Study, Trial
from annotation.protocol.plan import PLAIN
from annotation.rating.upcoming import Reason, Wanted, queue_of, upcoming, wanted_of
from tests import factories
from tests.annotation.rating.helpers import in_rating, set_study, wrong_counters
from tests.annotation.rating.test_blocks import rate_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def mixed(study: Study) -> list[Stimulus]:
    """Images of the pool with various ratings and priorities, and some of the hold-out."""
    stimuli = factories.make_stimuli(study, 18, wanted_ratings=3, maximum_ratings=5)
    for place, stimulus in enumerate(stimuli):
        stimulus.priority = place * 7 % 18 / 18
    Stimulus.objects.bulk_update(stimuli, ["priority"])
    factories.make_stimuli(study, range(50, 56), split="holdout", wanted_ratings=3)
    return stimuli


@pytest.mark.parametrize("teaching", [0.0, 0.5, 1.0])
def test_a_rater_who_has_met_nothing_is_given_the_queue_block_after_block(
    study: Study, rater: Rater, mixed: list[Stimulus], teaching: float
) -> None:
    set_study(
        study,
        session_plan=replace(PLAIN, block_trials=5).to_json(),
        audit_share=0.2,
        holdout_share=0.2,
        teaching_share=teaching,
        seed=11,
    )
    study.refresh_from_db()
    queue = queue_of(study)
    assert Trial.objects.count() == 0
    assert wanted_of(study) == Wanted(pool=18, holdout=6, ratings=18 * 3 + 6 * 3)
    # How much is asked for changes nothing of what comes first.
    assert queue_of(study, 7) == queue[:7]
    given = rate_all(in_rating(rater, seed=11))
    assert len(queue) == len(given) == 24
    for block in range(5):
        here = slice(5 * block, 5 * block + 5)
        expected = {(pick.stimulus_id, str(pick.draw)) for pick in queue[here]}
        assert {(trial.stimulus_id, trial.draw) for trial in given[here]} == expected
    assert wrong_counters() == 0


def test_each_image_has_its_reason(study: Study) -> None:
    set_study(study, target_ratings=3, maximum_ratings=5, wanted_half_width=0.1, holdout_share=0.5)
    study.refresh_from_db()
    new, begun, wide = factories.make_stimuli(study, 3, wanted_ratings=3, maximum_ratings=5)
    (held,) = factories.make_stimuli(study, [9], split="holdout", wanted_ratings=3)
    Stimulus.objects.filter(pk=begun.pk).update(claimed_ratings=1)
    Stimulus.objects.filter(pk=wide.pk).update(claimed_ratings=3, wanted_ratings=4)
    found = upcoming(study, queue_of(study))
    assert {item.stimulus.pk: item.reason for item in found} == {
        new.pk: Reason.NEW,
        begun.pk: Reason.BEGUN,
        wide.pk: Reason.WIDE,
        held.pk: Reason.HOLDOUT,
    }
    assert [item.place for item in found] == [1, 2, 3, 4]
    set_study(study, audit_share=1.0, holdout_share=0.0)
    study.refresh_from_db()
    first = upcoming(study, queue_of(study, 1))
    assert [item.reason for item in first] == [Reason.AUDIT]


def test_an_image_that_is_out_of_use_full_or_without_a_file_is_not_in_it(study: Study) -> None:
    there, out, full, *_ = factories.make_stimuli(study, 3, wanted_ratings=3, maximum_ratings=3)
    Stimulus.objects.filter(pk=out.pk).update(state="withdrawn")
    Stimulus.objects.filter(pk=full.pk).update(claimed_ratings=3)
    assert [pick.stimulus_id for pick in queue_of(study)] == [there.pk]
    assert wanted_of(study) == Wanted(pool=1, holdout=0, ratings=3)
