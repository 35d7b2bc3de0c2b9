"""The learning curve of a study on its page, with a small model."""

import csv
import io

import numpy as np
import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from annotation.models import Trial
from annotation.opinion.comparison.bootstrap import Measure
from modelops.judging import learning_curve
from modelops.models import ModelVersion
from modelops.runs import learning
from modelops.runs.learning import FoundLearning, learning_of
from modelops.runs.pages.learning import LearningPart, by_chance
from modelops.tasks import renew_learning
from workbench.accounts.models import User

PAGE = "/studies/demo/model/versions/1/agreement/"
API = "/api/v1/studies/demo/models/1/learning-curve/"
PLOT = "/studies/demo/results/model-agreement/plots/learning.csv?version=1&raw=1"


@pytest.fixture
def console(client: Client, owner: User) -> Client:
    cache.clear()
    client.force_login(owner)
    return client


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a small study were large enough."""
    monkeypatch.setattr(learning_curve, "FEWEST", 6)
    monkeypatch.setattr(learning_curve, "FEWEST_HELD_OUT", 6)


def test_a_small_study_is_told_from_when_on(scored: ModelVersion, console: Client) -> None:
    text = console.get(PAGE).content.decode()
    assert "Shown from 20 images of the pool and 20 of the hold-out on" in text
    assert 'id="plot-learning"' not in text


def test_the_curve_follows_the_order_of_rating(
    scored: ModelVersion, console: Client, few: None
) -> None:
    # The image with the greatest key was rated first, and ten at random.
    last = Trial.objects.filter(stimulus__split="pool").latest("stimulus")
    Trial.objects.filter(stimulus=last.stimulus).update(
        submitted_at=timezone.now().replace(year=2020)
    )
    random = list(Trial.objects.filter(stimulus__split="pool").values_list("pk", flat=True))[:10]
    Trial.objects.filter(pk__in=random).update(draw="audit")
    order, drawn = learning.rated_in_order(scored.study)
    assert order[0] == last.stimulus_id
    assert order[1:] == sorted(order[1:])
    assert set(drawn) == set(Trial.objects.filter(draw="audit").values_list("stimulus", flat=True))
    found = learning_of(scored).result
    assert found is not None
    # Two raters rated each.
    assert [step.ratings for step in found.rated.steps] == [
        2 * step.images for step in found.rated.steps
    ]
    assert (found.rated.steps[0].images, found.rated.steps[-1].images) == (6, 24)
    text = console.get(PAGE).content.decode()
    told = console.get(API).json()
    assert [it["images"] for it in told["rated"]] == [it.images for it in found.rated.steps]
    assert told["rated"][-1]["srcc"]["value"] == found.rated.steps[-1].srcc.value
    assert (told["more"], told["expected"]["high"] <= 1, told["current"]) == (200, True, True)
    assert "48 ratings of 24 images have led to an SRCC of " in text
    assert "With 200 more ratings like these an SRCC of " in text
    rows = list(csv.DictReader(io.StringIO(console.get(PLOT).content.decode())))
    measured = [row for row in rows if row["of"] == "As rated"]
    assert [int(row["images"]) for row in measured] == [it.images for it in found.rated.steps]
    assert float(measured[-1]["srcc"]) == pytest.approx(found.rated.steps[-1].srcc.value, abs=1e-4)
    assert [int(row["ratings"]) for row in rows if row["of"] == "Expected"][-1] == 48 + 200


def test_a_large_study_is_left_to_a_worker(
    scored: ModelVersion, console: Client, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(learning, "_SMALL", 0)
    monkeypatch.setattr(learning, "ask_worker", lambda *task, seconds: asked.append(task))
    assert "Being computed; reload the page in a moment." in console.get(PAGE).content.decode()
    assert console.get(API).status_code == 503
    assert set(asked) == {("modelops.tasks.renew_learning", scored.pk)}
    renew_learning(scored.pk)
    assert learning_of(scored).current


def test_what_random_images_cost_is_said_as_far_as_it_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = []
    for needed in (
        Measure(610.4, 420, 900),
        Measure(610.4, 420, np.inf),
        Measure(np.inf, 5, np.inf),
    ):
        monkeypatch.setattr(FoundLearning, "random_ratings", needed)
        part = FoundLearning(learning.NOTHING, learning.NOTHING)
        said.append(by_chance(part))
    assert said == [
        "Random images would have taken about 610 ratings for as much (95 %: 420 to 900).",
        "Random images would have taken about 610 ratings for as much (95 %: 420 or more).",
        "The random draws do not show how random images could have led as far.",
    ]
    assert LearningPart(None).lines() == ["Being computed; reload the page in a moment."]
