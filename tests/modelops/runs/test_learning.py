"""The learning curve of a study on its page, with a small model."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from annotation.models import Stimulus, Trial
from annotation.opinion.comparison.bootstrap import ClusterDraws, Measure
from modelops.judging import learning_curve
from modelops.judging.learning_curve import LearningCurve, Step
from modelops.models import ModelVersion
from modelops.registry.ceiling import noise_ceilings
from modelops.runs import learning
from modelops.runs.learning import FoundLearning, learning_of
from modelops.runs.pages.learning import LearningPart, by_chance
from modelops.tasks import renew_learning
from workbench.accounts.models import User

PAGE = "/studies/demo/model/versions/1/agreement/"
API = "/api/v1/studies/demo/models/1/learning-curve/"
#: A curve without a step.
NOTHING = LearningCurve((), None, None, np.empty(0), ClusterDraws(np.empty(0, np.int64)))
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
    ceilings = [it.srcc for it in noise_ceilings(scored.study).values() if it and it.srcc]
    assert told["ceiling"] == pytest.approx(np.mean([it.value for it in ceilings]))
    top = [(int(row["ratings"]), row["srcc"]) for row in rows if row["of"] == "Noise ceiling"]
    assert top == [(12, str(round(told["ceiling"], 4))), (248, str(round(told["ceiling"], 4)))]

    # One that nobody has embedded, as after a new import of its file, costs that image alone.
    Stimulus.objects.filter(pk=last.stimulus_id).update(rendering=99)
    cache.clear()
    text = console.get(PAGE).content.decode()
    assert "46 ratings of 23 images have led to an SRCC of " in text
    assert "1 rated image is left out: its embedding is not kept on this machine." in text
    Stimulus.objects.update(rendering=99)
    cache.clear()
    text = console.get(PAGE).content.decode()
    assert "The embeddings of these images are not kept on this machine." in text


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


def step(ratings: int, value: float) -> Step:
    return Step(ratings, ratings, Measure(value, None, None))


def curve(*steps: Step) -> LearningCurve:
    return replace(NOTHING, steps=steps)


@pytest.mark.parametrize(
    ("needed", "said"),
    [
        (None, ""),
        (Measure(310.4, 220, 500), " Random images would take about 310 ratings for all of it "
         "(95 %: 220 to 500)."),
        (Measure(310.4, 220, np.inf), " Random images would take about 310 ratings for all of it "
         "(95 %: 220 or more)."),
        # Beyond twice what is measured nothing is said.
        (Measure(401, 220, 500), ""),
        (Measure(np.inf, 220, np.inf), ""),
    ],
)  # fmt: skip
def test_what_random_images_cost_is_said_as_far_as_it_is_known(
    needed: Measure | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LearningCurve, "ratings_to_match", lambda self, other: needed)
    found = FoundLearning(
        curve(step(100, 0.5), step(300, 0.7)), curve(step(50, 0.3), step(200, 0.55))
    )
    # Half-way from 100 to 300 the curve as rated is half-way from .5 to .7.
    assert by_chance(found) == (
        "200 ratings of random images have led to an SRCC of 0.55; as rated, the first 200 led to "
        "about 0.60." + said
    )


def test_without_random_draws_it_is_told_from_when_on() -> None:
    found = FoundLearning(curve(step(100, 0.5)), NOTHING)
    assert "is told from 20 random draws on" in by_chance(found)
    assert LearningPart(None).lines() == ["Being computed; reload the page in a moment."]
