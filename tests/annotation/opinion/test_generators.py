"""Leaderboards of a study's generators: what they rest on, and the API."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from annotation.models import Prompt, Rater, Stimulus, Study
from annotation.opinion.current_generators import current_leaderboards
from annotation.opinion.generators import PerspectiveLeaderboard, generator_leaderboards
from tests.factories import make_rater, make_stimuli, make_study, publish
from tests.modelops.labelling import rate
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def rated(study: Study) -> list[Stimulus]:
    """Eight images of eight prompts, in turn of two generators; three raters, who say that the
    second generator's are better by two in quality, and no different in the rest."""
    stimuli = make_stimuli(study, 8)
    for place, rater in enumerate([make_rater(study) for _ in range(3)]):
        for number, stimulus in enumerate(stimuli):
            wobble = (number // 2 + place) % 2
            rate(stimulus, rater, (1 + wobble + 2 * (number % 2), 2 + wobble, 3))
    return stimuli


def _quality(study: Study) -> PerspectiveLeaderboard:
    return next(generator_leaderboards(study))


def _means(found: PerspectiveLeaderboard) -> dict[str, float | None]:
    assert found.board is not None
    return {found.names[row.generator]: row.mean for row in found.board.rows}


def test_generators_come_by_their_means(study: Study, rated: list[Stimulus]) -> None:
    # By hand: each generator has wobbles 0 1 0, 1 0 1, 0 1 0, 1 0 1 on its four images: mean .5.
    found = list(generator_leaderboards(study))
    assert [item.perspective.key for item in found] == ["quality", "authenticity", "correspondence"]
    assert _means(found[0]) == {"generator 1": pytest.approx(3.5), "generator 0": 1.5}
    assert _means(found[1]) == {"generator 0": 2.5, "generator 1": 2.5}
    board = found[0].board
    assert board is not None
    assert [(row.ratings, row.images, row.prompts, row.raters) for row in board.rows] == [
        (12, 4, 4, 3)
    ] * 2
    assert board.pairs[0].significant
    # Nobody differs in correspondence: nothing is known of its error.
    assert found[2].board is not None
    assert [row.rank for row in found[2].board.rows] == [None, None]


def test_once_a_model_has_set_priorities_acquired_draws_are_left_out(
    study: Study, rated: list[Stimulus]
) -> None:
    Stimulus.objects.filter(pk=rated[0].pk).update(priority=0.7)
    assert _quality(study).board is None
    assert _quality(study).problem.startswith("no rating comes from a hold-out or audit draw")
    for stimulus, draw in zip(rated[:4], ("holdout", "audit", "holdout", "audit"), strict=True):
        stimulus.trials.update(draw=draw)
    board = _quality(study).board
    assert board is not None
    assert [(row.images, row.ratings, row.left_out) for row in board.rows] == [(2, 6, 6)] * 2


def test_spellings_of_a_prompt_are_one(study: Study, rated: list[Stimulus]) -> None:
    first = rated[0].prompt
    Prompt.objects.filter(study=study).update(group_sha256=first.group_sha256)
    assert "all ratings that count are of one prompt" in _quality(study).problem


def test_excluded_raters_do_not_count(study: Study, rated: list[Stimulus]) -> None:
    Rater.objects.filter(study=study).exclude(pk=study.raters.earliest("pk").pk).update(
        status=Rater.Status.EXCLUDED
    )
    assert "all ratings that count are of one rater" in _quality(study).problem


def test_a_study_without_images_has_no_leaderboard(study: Study) -> None:
    assert _quality(study).problem == "there are no images to compare generators by"


def test_the_api_names_generators(client: Client, owner: User, rated: list[Stimulus]) -> None:
    client.force_login(owner)
    study = rated[0].study
    found = client.get(reverse("api-generators", args=[study.slug])).json()
    assert [item["perspective"] for item in found] == [
        "quality", "authenticity", "correspondence",
    ]  # fmt: skip
    quality = found[0]
    assert [(row["generator"], row["rank"]) for row in quality["generators"]] == [
        ("generator 1", 1), ("generator 0", 2),
    ]  # fmt: skip
    assert (quality["basis"], quality["problem"], quality["draws"]) == ("sample", "", 1000)
    pair = quality["pairs"][0]
    assert (pair["first"], pair["second"]) == ("generator 1", "generator 0")
    assert pair["difference"] == pytest.approx(2)
    assert pair["low"] < 2 < pair["high"]


def test_the_api_says_why_there_is_none(client: Client, owner: User) -> None:
    client.force_login(owner)
    study = make_study(owner, title="Empty")
    found = client.get(reverse("api-generators", args=[study.slug])).json()
    assert {item["problem"] for item in found} == {"there are no images to compare generators by"}
    assert found[0]["generators"] == []


#: Published scores of images 0…5, of two generators in turn: by one paper on 0…100, by another on
#: 0…1, of the first image only.
PUBLISHED = (20.0, 80.0, 40.0, 60.0, 30.0, 100.0)


def test_without_ratings_generators_come_by_published_scores(study: Study) -> None:
    images = make_stimuli(study, 6)
    for stimulus, mos in zip(images, PUBLISHED, strict=True):
        publish(stimulus, "quality", mos, source="a paper", scale=(0, 100))
    publish(images[0], "quality", 0.4, source="another")
    publish(images[1], "quality", 0, source="chosen")
    quality, authenticity, _ = generator_leaderboards(study)
    # On 1…5: .3, .4 and .3 of the scale, the first the mean of two papers; .8, .6 and 1.
    assert _means(quality) == {
        "generator 0": pytest.approx(1 + 4 / 3),
        "generator 1": pytest.approx(1 + 4 * 0.8),
    }
    assert quality.published == ("a paper", "another")
    assert quality.board is not None
    assert [(row.images, row.prompts, row.raters, row.ratings) for row in quality.board.rows] == [
        (3, 3, 0, 0)
    ] * 2
    # Squares of .8, .6, 1 about .8 over 3² sum to .08/9; with as many raters as prompts they count
    # 3/2 + 3/2 − 1 times.
    best = quality.board.rows[0]
    assert best.standard_error == pytest.approx(4 * (2 * 0.08 / 9) ** 0.5)
    assert (authenticity.published, authenticity.board) == ((), None)


def test_ratings_count_instead_of_published_scores(study: Study, rated: list[Stimulus]) -> None:
    before = _quality(study)
    for stimulus in rated:
        publish(stimulus, "quality", 0.1)
    assert _quality(study) == before
    assert before.published == ()


def test_the_page_says_that_scores_were_published(
    study: Study, client: Client, owner: User
) -> None:
    cache.clear()
    images = make_stimuli(study, 6)
    publish(images[0], "quality", 0.4, source="a paper")
    client.force_login(owner)
    address = "/studies/demo/results/generators/"
    text = client.get(address).content.decode()
    assert "All published scores are of images of one prompt" in text
    for stimulus, mos in zip(images[1:], PUBLISHED[1:], strict=True):
        publish(stimulus, "quality", mos / 100, source="another")
    text = client.get(address).content.decode()
    assert "these are means of published scores (a paper, another)" in text
    assert '<th scope="col" class="number">Raters</th>' not in text
    assert current_leaderboards(study).current
