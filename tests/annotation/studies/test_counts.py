"""One set of numbers: the overview, the raters page and the API against trials made by hand."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotation.models import Rater, Stimulus, Study, Trial
from annotation.studies.counting import counting_trials
from annotation.studies.counts import counts_of, listed_counts, ratings_by_day
from tests import factories
from workbench.accounts.models import User

ONE_DAY = timedelta(days=1)


def trial(rater: Rater, stimulus: Stimulus, position: int, **fields: object) -> Trial:
    session = rater.sessions.first() or factories.make_session(rater)
    now = timezone.now()
    given = {
        "role": "main",
        "draw": "plan",
        "state": "submitted",
        "leased_at": now,
        "lease_expires_at": now + ONE_DAY,
        "submitted_at": now,
        **fields,
    }
    return Trial.objects.create(
        session=session, rater=rater, stimulus=stimulus, position=position, **given
    )


@pytest.fixture
def rated(study: Study) -> Study:
    """Four main images (one held out), a label, one practice image; Ann and Bob answer, Cyd is
    excluded, Dan never came."""
    images = factories.make_stimuli(study, 3)
    factories.make_stimuli(study, [3], split="holdout")
    (practice,) = factories.make_stimuli(study, [4], purpose="practice")
    (label,) = factories.make_stimuli(study, [5])
    Stimulus.objects.filter(pk=label.pk).update(sha256="", image="", width=None, height=None)
    ann, bob, cyd, _dan = (factories.make_rater(study) for _person in range(4))
    trial(ann, practice, 0, role="practice")
    trial(ann, images[0], 1, role="stabilisation")
    trial(ann, images[1], 2)
    trial(ann, images[1], 3, role="repeat")
    trial(ann, images[2], 4, state="leased", submitted_at=None)
    trial(bob, images[1], 0, submitted_at=timezone.now() - ONE_DAY)
    trial(bob, images[0], 1, state="skipped", submitted_at=None)
    trial(cyd, images[0], 0)
    Rater.objects.filter(pk=cyd.pk).update(status="excluded")
    return study


def test_each_number_counts_what_it_says(rated: Study) -> None:
    counts = counts_of(rated)
    assert (counts.images, counts.holdout, counts.without_image) == (4, 1, 1)
    assert (counts.practice, counts.gold) == (1, 0)
    # Of Ann's four answers one counts, Bob's one counts, Cyd is excluded.
    assert (counts.answers, counts.ratings, counts.not_counting) == (6, 2, 4)
    assert (counts.under_way, counts.raters, counts.raters_started) == (1, 4, 3)
    assert (counts.wanted, counts.percent) == (4 * 3, 16)
    assert [day.ratings for day in ratings_by_day(rated)] == [1, 1]


def test_an_answer_counts_as_the_state_of_its_image_says(rated: Study, owner: User) -> None:
    """Of a withdrawn image it counts, but not towards what is wanted; of an excluded or gold one it
    does not; another study's are another's."""
    withdrawn, excluded, gold = factories.make_stimuli(rated, [6, 7, 8])
    rater = factories.make_rater(rated)
    for position, image in enumerate((withdrawn, excluded, gold)):
        trial(rater, image, position)
    for image, change in ((withdrawn, "withdrawn"), (excluded, "excluded")):
        Stimulus.objects.filter(pk=image.pk).update(state=change)
    Stimulus.objects.filter(pk=gold.pk).update(purpose="gold")
    other = factories.make_study(owner, "other")
    trial(factories.make_rater(other), factories.make_stimulus(other, 0), 0)
    counts, listed = counts_of(rated), listed_counts([rated, other])
    # Two were there before.
    assert (counts.ratings, counts.given, counts.answers) == (3, 2, 9)
    assert counting_trials(rated).count() == sum(day.ratings for day in ratings_by_day(rated)) == 3
    assert (listed[rated.pk].given, listed[other.pk].given) == (2, 1)


def test_an_empty_study_counts_nothing(study: Study) -> None:
    counts = counts_of(study)
    assert (counts.images, counts.answers, counts.percent, counts.last_answer) == (0, 0, 0, None)


def test_overview_raters_page_and_api_say_the_same(console: Client, rated: Study) -> None:
    overview = console.get("/studies/demo/").context["counts"]
    raters = console.get("/studies/demo/raters/").context["totals"]
    api = console.get("/api/v1/studies/demo/overview/").json()["counts"]
    assert overview.ratings == raters["ratings"] == api["ratings"] == 2
    assert overview.raters == raters["raters"] == api["raters"] == 4
    assert api["answers"] == overview.answers == 6


def test_every_page_counts_the_same_images(console: Client, rated: Study) -> None:
    """Practice, gold, a label without a file, and what is out of use are told apart everywhere."""
    (gone, gold) = factories.make_stimuli(rated, [6, 7])
    Stimulus.objects.filter(pk=gone.pk).update(state="withdrawn")
    Stimulus.objects.filter(pk=gold.pk).update(purpose="gold")
    ((_study, listed, _pictures),) = console.get("/studies/").context["studies"]
    overview = console.get("/studies/demo/")
    images = console.get("/studies/demo/images/")
    holdout = console.get("/studies/demo/holdout/").context["images"]
    api = console.get("/api/v1/studies/demo/overview/").json()["counts"]
    pages = (listed, overview.context["counts"], images.context["counts"], holdout)
    assert {(it.images, it.pool, it.holdout) for it in pages} == {(4, 3, 1)}
    assert {(it.practice, it.gold, it.without_image, it.out_of_use) for it in pages} == {
        (1, 1, 1, 1)
    }
    assert (listed.given, listed.wanted) == (api["given"], api["wanted"]) == (2, 12)
    assert (api["images"], api["holdout"], api["practice"], api["gold"]) == (4, 1, 1, 1)
    words = (
        "4 images to rate (1 held out) · 1 for practice · 1 gold · 1 labels without an image · "
        "1 out of use"
    )
    assert all(words in page.content.decode() for page in (overview, images))
    # A list has what is asked for, whatever it is for.
    assert "8 images in this list" in images.content.decode()


def test_days_are_drawn_without_gaps(console: Client, rated: Study) -> None:
    Trial.objects.filter(position=0, role="main").update(submitted_at=timezone.now() - 3 * ONE_DAY)
    days = console.get("/studies/demo/scores/").context["days"]
    assert [bar.label.rpartition(": ")[2] for bar in days.bars] == ["1", "0", "0", "1"]


def test_the_overview_asks_as_often_for_many_as_for_few(console: Client, rated: Study) -> None:
    with CaptureQueriesContext(connection) as few:
        console.get("/studies/demo/")
    for number in range(20, 40):
        trial(factories.make_rater(rated), factories.make_stimulus(rated, number), 0)
    with CaptureQueriesContext(connection) as many:
        console.get("/studies/demo/")
    assert len(many) == len(few)
