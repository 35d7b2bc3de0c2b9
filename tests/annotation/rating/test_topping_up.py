"""Images get one more rating at a time until their opinion scores are precise enough."""

import pytest
from django.test import Client

from annotation.models import OpinionScore, Rater, Stimulus, Study, Trial
from annotation.opinion.releases import renew_live
from annotation.protocol.draw import Draw
from annotation.protocol.goal import Next
from annotation.rating import topping_up
from annotation.rating.slots import take_slots
from annotation.rating.topping_up import Precision, precision_of, top_up
from annotation.studies.services import update_study
from tests.factories import make_rater, make_stimuli
from tests.modelops.labelling import rate
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def rated(study: Study) -> list[Stimulus]:
    """Four images with three ratings each; raters agree about the first two alone."""
    Study.objects.filter(pk=study.pk).update(
        target_ratings=3, maximum_ratings=5, status=Study.Status.OPEN
    )
    study.refresh_from_db()
    stimuli = make_stimuli(study, 5, wanted_ratings=3, maximum_ratings=5)
    given = [(3, 3, 3), (3, 3, 3), (1, 5, 3), (5, 1, 3)]
    raters = [make_rater(study) for _ in range(3)]
    for stimulus, scores in zip(stimuli, given, strict=False):
        for rater, score in zip(raters, scores, strict=True):
            rate(stimulus, rater, [score] * 3)
    Stimulus.objects.filter(pk__in=[it.pk for it in stimuli[:4]]).update(claimed_ratings=3)
    renew_live(study)
    return stimuli


def half_widths(study: Study) -> dict[int, float]:
    """The widest of each image, as a share of the scale of 1 to 5."""
    found: dict[int, float] = {}
    for row in OpinionScore.objects.filter(release__study=study):
        assert row.low is not None
        assert row.high is not None
        half = (row.high - row.low) / 2 / 4
        found[row.stimulus_id] = max(half, found.get(row.stimulus_id, 0))
    return found


def wanted(stimuli: list[Stimulus]) -> list[int]:
    rows = dict(Stimulus.objects.values_list("pk", "wanted_ratings"))
    return [rows[it.pk] for it in stimuli]


def test_only_images_with_wide_intervals_get_one_more_and_none_more_than_the_most(
    study: Study, rated: list[Stimulus], rater: Rater, owner: User, client: Client
) -> None:
    assert top_up(study) == 0
    assert precision_of(study) is None
    widths = half_widths(study)
    between = (widths[rated[1].pk] + widths[rated[2].pk]) / 2
    assert widths[rated[1].pk] < between < widths[rated[2].pk]
    update_study(study=study, actor=owner, changes={"wanted_half_width": between})
    study.refresh_from_db()

    # Somebody holds the last image: what they say is waited for.
    held = rate(rated[3], make_rater(study), [3, 3, 3])
    Trial.objects.filter(pk=held.pk).update(state="leased", submitted_at=None)
    topping_up.top_up_where_due()
    assert wanted(rated) == [3, 3, 4, 3, 3]
    assert precision_of(study) == Precision(narrow=2, wide=2, at_most=0)
    # Twice does no harm. It is claimed like any image.
    assert top_up(study) == 0
    picks = take_slots(
        kind=Next(Draw.PRIORITY),
        number=5,
        study_id=study.pk,
        rater_id=rater.pk,
        taken=[],
    )
    assert {pick.stimulus_id for pick in picks} == {rated[2].pk, rated[4].pk}
    Stimulus.objects.filter(pk=rated[2].pk).update(claimed_ratings=5)
    # With the most ratings it is wide for good.
    assert precision_of(study) == Precision(narrow=2, wide=1, at_most=1)
    client.force_login(owner)
    text = client.get("/studies/demo/model/").content.decode()
    assert "until the 95 % interval of its opinion score is ±" in text
    assert "Narrow enough: 2 images; topped up: 1; still wider with 5 ratings: 1." in text


def test_ratings_that_came_after_the_interval_are_waited_for(
    study: Study, rated: list[Stimulus], owner: User
) -> None:
    update_study(study=study, actor=owner, changes={"wanted_half_width": 0.001})
    study.refresh_from_db()
    rate(rated[0], make_rater(study), [3, 3, 3])
    top_up(study)
    assert wanted(rated) == [3, 4, 4, 4, 3]
    # Wider is wanted again: nothing is topped up any more.
    update_study(study=study, actor=owner, changes={"wanted_half_width": 0})
    assert wanted(rated) == [3, 3, 3, 3, 3]
    topping_up.top_up_where_due()
    assert wanted(rated) == [3, 3, 3, 3, 3]
