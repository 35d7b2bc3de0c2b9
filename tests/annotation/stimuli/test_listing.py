"""The list of images: its orders against scores given by hand, and the way through it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation.models import Stimulus, Study
from annotation.models.membership import MemberRole
from annotation.opinion.releases import renew_live
from annotation.stimuli.listing import Listing, neighbours
from tests import factories
from tests.annotation.stimuli.test_purposes import rate

IMAGES = "/studies/demo/images/"


@pytest.fixture
def images(study: Study) -> list[Stimulus]:
    """MOS 3 of (1, 5), 4 of (4, 4), 2 of one rating, and one without any."""
    found = factories.make_stimuli(study, 4)
    for stimulus, scores in zip(found, [(1, 5), (4, 4), (2,), ()], strict=True):
        for score in scores:
            rate(stimulus, score)
    renew_live(study)
    return found


def order(study: Study, sort: str, **more: str) -> list[str]:
    listing = Listing.read({"sort": sort, **more}, study)
    return [stimulus.filename[:4] for stimulus in listing.stimuli(study)]


def test_each_order_is_that_of_the_scores(study: Study, images: list[Stimulus]) -> None:
    assert order(study, "best") == ["0001", "0000", "0002", "0003"]
    assert order(study, "worst") == ["0002", "0000", "0001", "0003"]
    # Of one rating there is no standard deviation: nobody disputes it.
    assert order(study, "disputed")[:2] == ["0000", "0001"]
    assert order(study, "newest") == ["0003", "0002", "0001", "0000"]


def test_another_perspective_orders_by_its_own_scores(study: Study, images: list[Stimulus]) -> None:
    assert order(study, "best", perspective="authenticity") == ["0000", "0001", "0002", "0003"]


def test_an_order_that_nobody_knows_is_the_usual_one(study: Study, images: list[Stimulus]) -> None:
    assert order(study, "'; DROP") == order(study, "wanted")
    assert order(study, "uncertain") == order(study, "wanted"), "no model is in use"


def test_neighbours_are_those_of_the_filtered_list(study: Study, images: list[Stimulus]) -> None:
    listing = Listing.read({"sort": "best"}, study)
    zero, one, two, three = (image.pk for image in images)
    near = neighbours(study, listing, zero, 1)
    assert near is not None
    assert (near.before, near.after) == ((one, 0), (two, 2))
    first = neighbours(study, listing, one, 0)
    assert first is not None
    assert (first.before, first.after) == (None, (zero, 1))
    last = neighbours(study, listing, three, 900)
    assert last is not None, "the list has changed since, and is searched"
    assert (last.before, last.after, last.place) == ((two, 2), None, 3)
    assert neighbours(study, Listing.read({"text": "nothing"}, study), zero, 0) is None


def test_the_image_page_leads_through_the_list_and_back(
    console: Client, study: Study, images: list[Stimulus]
) -> None:
    page = console.get(f"{IMAGES}{images[0].pk}/", {"sort": "best", "at": "1"}).content.decode()
    assert f'rel="prev" href="{IMAGES}{images[1].pk}/?sort=best&amp;perspective=quality' in page
    assert f'rel="next" href="{IMAGES}{images[2].pk}/?sort=best&amp;perspective=quality' in page
    assert f'href="{IMAGES}?sort=best&amp;perspective=quality"' in page


@pytest.mark.parametrize(
    "query",
    [
        {"at": "-1"},
        {"at": "1" * 400},
        {"at": "x"},
        {"at": "0", "sort": "\0", "perspective": "\0", "text": "\0"},
        {"page": "x", "purpose": "nobody", "split": "nowhere", "state": "?"},
        {"perspective": "beauty", "sort": "best", "at": "3"},
    ],
)
def test_hostile_addresses_are_no_errors(
    console: Client, study: Study, images: list[Stimulus], query: dict[str, str]
) -> None:
    for address in (IMAGES, f"{IMAGES}{images[0].pk}/"):
        assert console.get(address, query).status_code in {200, 400}
    assert console.get("/api/v1/studies/demo/stimuli/", query).status_code in {200, 400}


def test_the_api_sorts_as_the_page_does(
    console: Client, study: Study, images: list[Stimulus]
) -> None:
    answer = console.get("/api/v1/studies/demo/stimuli/", {"sort": "worst"}).json()
    assert [row["filename"][:4] for row in answer["results"]] == order(study, "worst")
    assert console.get("/api/v1/studies/demo/stimuli/", {"sort": "best of all"}).status_code == 400


def test_a_card_says_what_its_score_is(
    console: Client, study: Study, images: list[Stimulus]
) -> None:
    page = console.get(IMAGES).content.decode()
    assert "3.00" in page
    assert "n = 2" in page
    assert "A score with n is what the study’s method makes of n ratings." in page


def test_an_image_shows_its_scores_with_number_and_interval(
    console: Client, study: Study, images: list[Stimulus]
) -> None:
    context = console.get(f"{IMAGES}{images[1].pk}/").context
    (score,) = context["scores"]
    assert (score.own.value, score.own.n, score.scale) == (4.0, 2, "1–5")
    assert 1 <= score.own.low < 4.0 < score.own.high <= 5
    assert [bar.value for bar in context["charts"][0].bars] == ["", "", "", "2", ""]
    assert context["charts"][1].nothing == "No score counts yet."


def test_raters_are_links_for_those_who_may_open_them(
    console: Client, client: Client, study: Study, images: list[Stimulus]
) -> None:
    address = f"{IMAGES}{images[0].pk}/"
    assert '<a href="/studies/demo/raters/' in console.get(address).content.decode()
    viewer = factories.make_user("viewer")
    factories.make_member(study, viewer, MemberRole.VIEWER)
    client.force_login(viewer)
    page = client.get(address).content.decode()
    assert '<a href="/studies/demo/raters/' not in page.split("What raters said")[1]
    assert "purpose-title" not in page


def test_sorting_asks_as_often_for_many_as_for_few(
    console: Client, study: Study, images: list[Stimulus]
) -> None:
    with CaptureQueriesContext(connection) as few:
        console.get(IMAGES, {"sort": "best"})
    factories.make_stimuli(study, range(10, 30))
    with CaptureQueriesContext(connection) as many:
        console.get(IMAGES, {"sort": "best"})
    assert len(many) <= len(few)


def test_perspectives_are_named_in_the_readers_language(
    console: Client, study: Study, images: list[Stimulus]
) -> None:
    page = console.get(IMAGES, HTTP_ACCEPT_LANGUAGE="zh-hans").content.decode()
    assert ">质量</option>" in page
    assert "Quality" not in page


def test_the_way_through_the_list_goes_on_after_an_image_was_taken_out(
    console: Client, study: Study
) -> None:
    one, _two = factories.make_stimuli(study, 2)
    here = f"/studies/{study.slug}/images/{one.pk}/"
    assert (
        f"{here}state/?sort=newest&amp;at=1"
        in console.get(f"{here}?sort=newest&at=1").content.decode()
    )
    answer = console.post(
        f"{here}state/?sort=newest&at=1", {"state": "withdrawn", "reason": "a trademark"}
    )
    assert answer["Location"] == f"{here}?sort=newest&at=1"
    assert f"{here}state/" in console.get(here).content.decode()
