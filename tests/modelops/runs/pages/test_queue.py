"""The page and the API of what raters are given next."""

import re

import pytest
from django.test import Client

from annotation.models import OpinionScore, Stimulus, Study
from annotation.opinion.releases import renew_live
from annotation.rating.upcoming import queue_of
from modelops.models import AcquisitionRound, ModelVersion
from modelops.runs import promotion
from tests.factories import make_stimuli
from workbench.accounts.models import User

URL = "/studies/demo/model/queue/"
API = "/api/v1/studies/demo/queue/"


@pytest.fixture
def console(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def page(console: Client, url: str = URL) -> str:
    answer = console.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def set_study(study: Study, **fields: object) -> None:
    Study.objects.filter(pk=study.pk).update(**fields)
    study.refresh_from_db()


def test_an_empty_queue_says_why(console: Client, study: Study) -> None:
    set_study(study, status="draft")
    text = page(console)
    assert "The study has no images to rate yet." in text
    assert "The study is not open, so nobody is given an image now." in text
    assert "No model has set priorities yet" in text
    make_stimuli(study, 2, wanted_ratings=0)
    set_study(study, status="open")
    text = page(console)
    assert "Nothing is left to rate" in text
    assert "The study is not open" not in text
    set_study(study, pool_closed=True)
    text = page(console)
    assert "The model rates the rest" in text
    assert "No image of the hold-out wants another rating, either." in text
    set_study(study, status="archived", archived_from="closed")
    assert "The study is archived, so nobody is given an image." in page(console)


def test_a_long_queue_comes_in_pages_that_count_on(console: Client, study: Study) -> None:
    stimuli = make_stimuli(study, 60, wanted_ratings=3, maximum_ratings=3)
    Stimulus.objects.filter(pk=stimuli[0].pk).update(claimed_ratings=1)
    first, second = page(console), page(console, f"{URL}?page=2")
    assert first.count('class="card image-card"') == 48
    assert second.count('class="card image-card"') == 12
    assert '<ol class="image-cards queue" start="49">' in second
    order = [int(key) for key in re.findall(r"/studies/demo/images/(\d+)/", first + second)]
    assert order == [pick.stimulus_id for pick in queue_of(study)]
    assert "New image, in random order: no model has set priorities" in first
    assert "Begun: 1 of its 3 ratings are given or under way" in first + second
    # Who asks for a page beyond the end is given the last one.
    assert 'start="49"' in page(console, f"{URL}?page=77")


def test_a_model_in_use_is_told_with_what_it_expects(
    console: Client, study: Study, scored: ModelVersion
) -> None:
    promotion.promote(version=scored, actor=None)
    odd = Stimulus.objects.filter(split="pool").latest("pk")
    row = AcquisitionRound.objects.get()
    row.parameters = {**row.parameters, "odd": [odd.pk]}
    row.save()
    set_study(study, teaching_share=1.0)
    text = page(console)
    assert "New image that the model chose to learn from" in text
    assert "Below each image: the scores that the model predicts" in text
    assert "By version 1, which has learnt from" in text
    assert "Images that look like nothing else" in text
    assert odd.filename in text
    assert "When the order was made" in text

    told = console.get(API, {"limit": 3}).json()
    assert [item["place"] for item in told["images"]] == [1, 2, 3]
    first = told["images"][0]
    stimulus = Stimulus.objects.get(pk=first["stimulus"])
    best = Stimulus.objects.filter(claimed_ratings=0, split="pool").order_by("-priority")[0]
    assert stimulus == best
    assert (first["reason"], first["ratings"]) == ("new", 0)
    assert first["words"] in text
    assert first["priority"] == stimulus.priority
    assert set(first["expected"]) == {"quality", "authenticity", "correspondence"}
    assert 1 <= first["expected"]["quality"]["mean"] <= 5
    assert told["open"] is True
    for limit in ("0", "961", "x"):
        assert console.get(API, {"limit": limit}).status_code == 400


def test_a_wide_image_is_told_with_its_interval(
    console: Client, study: Study, labelled: list[Stimulus]
) -> None:
    set_study(study, target_ratings=2, maximum_ratings=4, wanted_half_width=0.01)
    renew_live(study)
    Stimulus.objects.filter(pk=labelled[0].pk).update(wanted_ratings=3, maximum_ratings=4)
    Stimulus.objects.exclude(pk=labelled[0].pk).update(wanted_ratings=0)
    (image,) = console.get(API).json()["images"]
    rows = OpinionScore.objects.filter(stimulus=labelled[0]).values_list("low", "high")
    # On the scale of 1 to 5.
    assert image["half_width"] == max(((high or 0) - (low or 0)) / 2 / 4 for low, high in rows)
    assert image["words"] == (
        f"One more: its 95 % interval is still ± {100 * image['half_width']:.0f} % of the scale"
    )
    assert image["words"] in page(console)
