"""A round of acquisition: its page, its API, and what raters gave until the next one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation
from django.utils.html import strip_tags

from annotation.models import Rater, RatingSession, Stimulus, Study, Trial
from modelops.models import AcquisitionRound
from modelops.runs.rounds import outcome_of
from tests.factories import make_rater, make_session, make_stimuli, make_study
from tests.modelops.labelling import make_round, make_version
from workbench.accounts.models import User

API = "/api/v1/studies/demo/rounds/"
#: Times are minutes after this one.
BEGAN = timezone.now() - timedelta(days=3)


def at(minute: float) -> datetime:
    return BEGAN + timedelta(minutes=minute)


def page_of(of: AcquisitionRound) -> str:
    return f"/studies/demo/model/rounds/{of.pk}/"


def words(text: str) -> str:
    """What a reader sees of it."""
    return " ".join(strip_tags(text).split())


@dataclass(frozen=True)
class World:
    """Rounds at minutes 0, 60 and 120, the last of them by another version."""

    study: Study
    rounds: Sequence[AcquisitionRound]
    images: Sequence[Stimulus]


def sit(study: Study, begun: float, ended: float | None, **fields: object) -> RatingSession:
    rater = make_rater(study, **fields)
    return make_session(
        rater,
        "rating" if ended is None else "done",
        consented_at=at(begun),
        ended_at=None if ended is None else at(ended),
    )


def answer(
    session: RatingSession, stimulus: Stimulus, minute: float, draw: str, role: str = "main"
) -> None:
    """Submitted at that minute."""
    Trial.objects.create(
        session=session,
        rater=session.rater,
        study=session.rater.study,
        stimulus=stimulus,
        position=session.trials.count(),
        draw=draw,
        role=role,
        state="submitted",
        leased_at=at(minute),
        lease_expires_at=at(minute),
        submitted_at=at(minute),
    )


@pytest.fixture
def world(study: Study) -> World:
    images = make_stimuli(study, 6)
    excluded = make_stimuli(study, [6], state="excluded")[0]
    first, second = (make_version(study, number, state="retired") for number in (1, 2))
    odd = [images[5].pk, images[4].pk, excluded.pk]
    rounds = [
        make_round(first, at(0)),
        make_round(first, at(60), parameters={"count": 1, "seed": 1001, "ratings": 31, "odd": odd}),
        make_round(second, at(120), strategy="random", strategy_version="1"),
    ]
    # Over before the second round was made, over while it was in force, and not over.
    early, middle, late = sit(study, -20, 59), sit(study, 10, 119), sit(study, 61, None)
    answer(early, images[0], -1, "priority")
    answer(early, images[1], 0, "priority")
    answer(early, images[2], 58, "audit")
    answer(middle, images[0], 59.9, "holdout")
    # The very time of the second round: of that one.
    answer(middle, images[1], 60, "priority")
    answer(middle, images[2], 61, "priority")
    answer(late, images[2], 62, "audit")
    answer(late, images[3], 62, "holdout")
    answer(late, images[4], 63, "priority")
    # Count nowhere: a repeat, an image and a rater that are excluded.
    answer(late, images[4], 64, "plan", role="repeat")
    answer(late, excluded, 65, "priority")
    answer(sit(study, 61, None, status=Rater.Status.EXCLUDED), images[0], 66, "priority")
    # Not asked for in this study.
    imported = sit(study, 62, 70, source="elsewhere", subject_sha256="a" * 64)
    answer(imported, images[0], 66, "plan")
    # The very time of the third round.
    answer(late, images[0], 120, "audit")
    return World(study, rounds, images)


@pytest.fixture
def console(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def test_what_raters_gave_is_counted_by_draw_from_a_round_until_the_next(world: World) -> None:
    expected = [
        # Ratings and images of priority, audit, hold-out and plan; images in all; not counting.
        ([(1, 1), (1, 1), (1, 1), (0, 0)], 3, 0),
        ([(3, 3), (1, 1), (1, 1), (0, 0)], 4, 3),
        ([(0, 0), (1, 1), (0, 0), (0, 0)], 1, 0),
    ]
    ends = [at(60), at(120), None]
    for of, until, (by_draw, images, not_counting) in zip(
        world.rounds, ends, expected, strict=True
    ):
        found = outcome_of(of, until)
        assert [(item.ratings, item.images) for item in found.by_draw] == by_draw
        assert [item.draw for item in found.by_draw] == ["priority", "audit", "holdout", "plan"]
        assert (found.images, found.not_counting) == (images, not_counting)


def test_a_rater_who_rated_an_image_twice_over_gave_two_ratings_of_one_image(
    study: Study,
) -> None:
    (image,) = make_stimuli(study, 1)
    of = make_round(make_version(study), at(0))
    for place in range(3):
        answer(sit(study, 1, None), image, 2 + place, ("priority", "priority", "audit")[place])
    found = outcome_of(of, None)
    assert [(item.ratings, item.images) for item in found.by_draw[:2]] == [(2, 1), (1, 1)]
    assert (found.ratings, found.images) == (3, 1)


def test_the_page_tells_how_the_order_was_made_and_what_came_of_it(
    world: World, console: Client
) -> None:
    before, shown, after = world.rounds
    text = console.get(page_of(shown)).content.decode()
    said = words(text)
    assert "Version 1 set the order again: 31 ratings had come since the order before." in said
    assert "It was made when the study’s opinion scores rested on 31 ratings." in said
    assert "It was to put 1 image first" in said
    assert "drawn with the seed 1001" in said
    assert "Unsure images that differ from each other (LCMD)" in said
    assert "Holzmüller" in said
    assert "Given in this time: 5 ratings of 4 images." in said
    assert "3 more answers count towards no score" in said
    rows = [
        [words(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
        for row in re.findall(r"<tr>.*?</tr>", text)
    ]
    assert rows[1:] == [
        ["By the model’s priorities", "3", "3"],
        ["Random image (audit)", "1", "1"],
        ["Hold-out image", "1", "1"],
        ["All", "5", "4"],
    ]
    links = re.findall(r'href="([^"]+)"', text)
    assert {page_of(before), page_of(after)} <= set(links)
    assert "/studies/demo/model/versions/1/agreement/" in links
    # Of the three that looked odd one is excluded since.
    assert "3 images looked like nothing else" in said
    assert "1 of those that were noted is not in use any more." in said
    odd = [f"/studies/demo/images/{image.pk}/" for image in world.images[4:]]
    assert [link for link in links if "/images/" in link and link.split("/")[-2].isdigit()] == odd
    assert 'aria-label="Ratings by why they were asked for: By the model’s priorities: 3;' in text


def test_the_ends_of_the_list_and_another_strategy(world: World, console: Client) -> None:
    first = console.get(page_of(world.rounds[0])).content.decode()
    assert "Version 1 was taken into use, and set the first order of this study." in first
    assert "None of the images that it looked at was unlike all others." in first
    assert 'rel="prev"' not in first
    last = console.get(page_of(world.rounds[2])).content.decode()
    assert "Version 2 was taken into use in place of version 1" in last
    assert "until now: this order is in force." in last
    assert "This strategy does not look at the images" in last
    assert 'rel="next"' not in last
    # Made by a strategy that the site has no more.
    AcquisitionRound.objects.update(strategy="gone", parameters={})
    assert "gone" in console.get(page_of(world.rounds[2])).content.decode()


def test_without_a_rating_the_page_says_so(study: Study, console: Client) -> None:
    of = make_round(make_version(study), at(0))
    text = console.get(page_of(of)).content.decode()
    assert "Nobody has given a rating that counts in this time." in text
    assert "<svg" not in text.split("</nav>")[-1]


def test_the_queue_leads_to_each_round(world: World, console: Client) -> None:
    text = console.get("/studies/demo/model/queue/").content.decode()
    for of in world.rounds:
        assert f'href="{page_of(of)}"' in text


def test_the_plot_comes_as_a_file(world: World, console: Client) -> None:
    plot = "/studies/demo/results/model-round/plots/given"
    query = f"?round={world.rounds[1].pk}"
    lines = console.get(f"{plot}.csv{query}&raw=1").content.decode().splitlines()
    assert lines == [
        "reason,ratings,images",
        "By the model’s priorities,3,3",
        "Random image (audit),1,1",
        "Hold-out image,1,1",
    ]
    assert console.get(f"{plot}.svg{query}").content.startswith(b"<svg")
    for wrong in ("", "?round=x", "?round=²", f"?round={'9' * 19}", "?round=99999"):
        assert console.get(f"{plot}.svg{wrong}").status_code == 404


def test_the_api_lists_rounds_and_tells_what_came_of_one(world: World, console: Client) -> None:
    listed = console.get(API).json()["results"]
    assert [item["id"] for item in listed] == [of.pk for of in reversed(world.rounds)]
    assert [item["model"] for item in console.get(API, {"model": 1}).json()["results"]] == [1, 1]
    told = console.get(f"{API}{world.rounds[1].pk}/").json()
    assert listed[1].items() <= told.items()
    assert (told["before"], told["after"]) == (world.rounds[0].pk, world.rounds[2].pk)
    assert datetime.fromisoformat(told["until"]) == at(120)
    assert told["parameters"]["seed"] == 1001
    assert told["outcome"] == {
        "ratings": 5,
        "images": 4,
        "by_draw": [
            {"draw": "priority", "ratings": 3, "images": 3},
            {"draw": "audit", "ratings": 1, "images": 1},
            {"draw": "holdout", "ratings": 1, "images": 1},
            {"draw": "plan", "ratings": 0, "images": 0},
        ],
        "not_counting": 3,
    }
    last = console.get(f"{API}{world.rounds[2].pk}/").json()
    assert (last["until"], last["after"], last["outcome"]["ratings"]) == (None, None, 1)


def test_a_round_of_another_study_is_not_there(study: Study, owner: User, console: Client) -> None:
    other = make_round(make_version(make_study(owner, "other")), at(0))
    for pk in (other.pk, 10**30):
        assert console.get(f"/studies/demo/model/rounds/{pk}/").status_code == 404
        answer = console.get(f"{API}{pk}/")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_round")


@pytest.mark.parametrize("ratings", [None, 31])
def test_a_version_may_set_the_order_again_without_new_ratings(
    study: Study, console: Client, ratings: int | None
) -> None:
    """As after a scoring of new images."""
    version = make_version(study)
    known = {} if ratings is None else {"ratings": ratings}
    make_round(version, at(0), parameters=known)
    text = console.get(page_of(make_round(version, at(5), parameters=known))).content.decode()
    assert "Version 1 set the order again." in text


def test_it_is_told_in_the_language_of_the_reader(world: World, console: Client) -> None:
    with translation.override("en"):
        told = console.get(page_of(world.rounds[1]), headers={"accept-language": "zh-hans"})
    text = told.content.decode()
    assert 'lang="zh-hans"' in text
    assert "按模型的优先级" in text
    assert "By the model’s priorities" not in text
