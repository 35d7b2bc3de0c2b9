"""The page about generators: each number by hand or as the pure core has it, and every sentence
that stands in for one."""

import csv
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.test import Client

from annotation.models import Generator, Rater, Stimulus, Study
from annotation.opinion import current_generators, forecast, recomputing, tasks
from annotation.opinion.categories import category_keys
from annotation.opinion.generators import category_means, generator_leaderboards
from tests.annotation.opinion.comparing import (
    SCORES,
    FakeForecaster,
    cells,
    core,
    interval,
    ranks,
)
from tests.conftest import Sent
from tests.factories import make_rater, make_stimuli, perspective
from tests.modelops.labelling import rate
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db

PAGE = "/studies/demo/results/generators/"


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


@pytest.fixture
def images(study: Study) -> list[Stimulus]:
    return make_stimuli(study, 8)


@pytest.fixture
def rated(study: Study, images: list[Stimulus]) -> list[Stimulus]:
    for row in SCORES:
        rater = make_rater(study)
        for stimulus, score in zip(images, row, strict=True):
            rate(stimulus, rater, (score, 3, 3))
    return images


@pytest.fixture
def look(client: Client, owner: User, study: Study) -> Callable[..., str]:
    """The page's texts, each run of blanks as one."""
    client.force_login(owner)

    def read(**asked: str) -> str:
        response = client.get(PAGE, asked)
        assert response.status_code == 200
        return " ".join(response.content.decode().split())

    return read


def test_means_intervals_ranks_and_what_they_rest_on(
    rated: list[Stimulus], look: Callable[..., str]
) -> None:
    text, board = look(), core()
    # By hand: 43 of generator 1’s twelve scores, 18 of generator 0’s.
    assert [SCORES[:, 1::2].sum(), SCORES[:, ::2].sum()] == [43, 18]
    assert cells(text) == [
        ["generator 1", "3.58", interval(board.rows[0]), ranks(board.rows[0]), "4", "4", "3", "12"],
        ["generator 0", "1.50", interval(board.rows[1]), ranks(board.rows[1]), "4", "4", "3", "12"],
    ]
    assert "All ratings count: no model has chosen images yet" in text
    pair = board.pairs[0]
    # Image means: 4 / 3, 5 / 3, 4 / 3, 5 / 3, and 10 / 3, 11 / 3, 10 / 3, 12 / 3.
    spread = np.sqrt(np.mean([np.var([4, 5, 4, 5], ddof=1), np.var([10, 11, 10, 12], ddof=1)]) / 9)
    effect = (43 - 18) / 12 / spread
    p = "&lt; 0.001" if pair.p_holm < 0.001 else f"{pair.p_holm:.3f}"
    assert cells(text, 1) == [
        ["generator 1", "generator 0", "2.08", interval(pair), p, f"{effect:.2f}", "Yes *"]
    ]
    assert pair.p_holm == pair.p_value  # of one pair


def test_a_perspective_without_differences_has_means_and_no_intervals(
    rated: list[Stimulus], look: Callable[..., str]
) -> None:
    text = look(perspective="authenticity")
    assert [row[:4] for row in cells(text)] == [
        ["generator 0", "3.00", "–", "–"],
        ["generator 1", "3.00", "–", "–"],
    ]
    assert "A difference needs two generators whose means have intervals." in text
    assert "Leaderboard: Quality" in look(perspective="nothing")


def test_once_a_model_chose_images_the_page_says_what_is_left_out(
    study: Study, rated: list[Stimulus], look: Callable[..., str]
) -> None:
    Stimulus.objects.filter(pk=rated[7].pk).update(priority=0.5)
    text = look()
    assert "All ratings are of images that a model chose, and these are no sample." in text
    cache.clear()
    for stimulus, draw in zip(rated[:4], ("holdout", "audit", "audit", "audit"), strict=True):
        stimulus.trials.update(draw=draw)
    text = look()
    assert "ratings from hold-out draws (3) and random audit draws (9)" in text
    assert "12 ratings of images that a model chose are left out" in text
    board = core(kept=range(4))
    assert [row[2] for row in cells(text)] == [interval(row) for row in board.rows]
    # By hand, of the first four images: 3 4 4 3 3 4, and 1 2 2 1 1 2.
    assert [row[1] for row in cells(text)] == ["3.50", "1.50"]
    assert [row[4:] for row in cells(text)] == [["2", "2", "3", "6"]] * 2


@pytest.mark.parametrize("method", ["mos", "zscore"])
def test_means_are_on_the_study_s_scale_whatever_the_method(
    study: Study, rated: list[Stimulus], look: Callable[..., str], method: str
) -> None:
    Study.objects.filter(pk=study.pk).update(opinion_method=method)
    assert [row[1] for row in cells(look())] == ["3.58", "1.50"]


def _one_image(study: Study) -> None:
    first = study.stimuli.earliest("pk")
    study.stimuli.exclude(pk=first.pk).update(state="excluded")


def _one_rater(study: Study) -> None:
    study.raters.exclude(pk=study.raters.earliest("pk").pk).update(status=Rater.Status.EXCLUDED)


def _one_generator(study: Study) -> None:
    study.stimuli.update(generator=Generator.objects.filter(study=study).earliest("pk"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_one_image, "All ratings that count are of one prompt"),
        (_one_rater, "All ratings that count are by one rater"),
        (_one_generator, "A difference needs two generators"),
    ],
)
def test_too_little_for_a_comparison_is_a_sentence(
    study: Study,
    rated: list[Stimulus],
    look: Callable[..., str],
    change: Callable[[Study], None],
    said: str,
) -> None:
    change(study)
    assert said in look()


def test_a_study_without_scores_says_so(study: Study, look: Callable[..., str]) -> None:
    assert "No rating counts yet." in look()
    make_stimuli(study, 1)
    cache.clear()
    assert "No rating counts yet." in look()


@pytest.fixture
def styled(rated: list[Stimulus]) -> list[Stimulus]:
    """Images 0…3 are photographs, 4…6 drawings, 7 is of no style; each has a seed of its own."""
    for number, stimulus in enumerate(rated):
        style = {} if number == 7 else {"style": "photo" if number < 4 else "drawing"}
        stimulus.metadata = {**style, "seed": str(number) + "x" * 80, "nested": {"a": number}}
        stimulus.save(update_fields=["metadata"])
    return rated


def test_means_by_a_category_of_metadata(
    study: Study, styled: list[Stimulus], look: Callable[..., str]
) -> None:
    assert category_keys(study) == ("style", "prompt")
    text = look(by="style")
    found = cells(text, 2)
    # By hand: images 4 and 6, 5, 0 and 2, 1 and 3, 7.
    assert [row[:3] for row in found] == [
        ["drawing", "generator 0", f"{(1 + 2 + 2 + 1 + 1 + 2) / 6:.2f}"],
        ["drawing", "generator 1", f"{(3 + 4 + 3) / 3:.2f}"],
        ["photo", "generator 0", f"{(1 + 2 + 2 + 1 + 1 + 2) / 6:.2f}"],
        ["photo", "generator 1", f"{(3 + 4 + 4 + 3 + 3 + 4) / 6:.2f}"],
        ["not given", "generator 1", f"{(5 + 3 + 4) / 3:.2f}"],
    ]
    assert [row[4:] for row in found[:2]] == [["2", "2", "3", "6"], ["1", "1", "3", "3"]]
    # As the core has it of these images alone.
    alone = core(kept=range(4))
    assert [row[3] for row in found[2:4]] == [interval(row) for row in reversed(alone.rows)]
    assert found[1][3] == "–"  # one prompt
    assert 'id="plot-categories"' in text
    assert 'id="plot-categories"' not in look(by="seed")


def test_within_a_prompt_its_images_are_the_sample(study: Study, rated: list[Stimulus]) -> None:
    first, second = rated[0].prompt, rated[1].prompt
    for number, stimulus in enumerate(rated):
        stimulus.prompt = first if number < 4 else second
        stimulus.save(update_fields=["prompt"])
    assert category_keys(study) == ("prompt",)
    means = category_means(study, "prompt")["quality"]
    found = {(mean.category, mean.generator): mean.row for mean in means}
    row = found["prompt 0", "generator 1"]
    assert row.mean == pytest.approx(21 / 6)
    assert (row.images, row.prompts) == (2, 1)
    assert row.low is not None


#: Predictions of images 0…7.
PREDICTED = np.array([1.2, 3.4, 1.9, 4.1, 1.0, 3.9, 2.6, 4.4])


@pytest.fixture
def predicted(rated: list[Stimulus], monkeypatch: pytest.MonkeyPatch) -> FakeForecaster:
    expected = {stimulus.pk: value for stimulus, value in zip(rated, PREDICTED, strict=True)}
    fake = FakeForecaster(expected)
    monkeypatch.setattr(forecast, "FORECASTERS", [fake])
    Stimulus.objects.filter(pk__in=[it.pk for it in rated[:6]]).update(split="holdout")
    return fake


def test_prediction_powered_means_rest_on_the_hold_out(
    study: Study, predicted: FakeForecaster, look: Callable[..., str]
) -> None:
    text = look()
    held = SCORES[:, :6].mean(axis=0)
    # λ: the slope of scores on predictions within generators, on the six rated hold-out images.
    y = held - np.array([held[::2].mean(), held[1::2].mean()] * 3)
    x = PREDICTED[:6] - np.array([PREDICTED[:6:2].mean(), PREDICTED[1:6:2].mean()] * 3)
    slope = (x @ y) / (x @ x)
    by_hand = [
        slope * PREDICTED[of::2].mean() + (held[of::2] - slope * PREDICTED[of:6:2]).mean()
        for of in (1, 0)
    ]
    rows = cells(text)
    assert [row[4] for row in rows] == [f"{mean:.2f}" for mean in by_hand]
    board, plain = core(PREDICTED.tolist(), range(6)), core()
    assert [row[5] for row in rows] == [interval(row) for row in board.rows]
    assert f"λ = {slope:.2f}" in text
    assert "predictions of all images (8)" in text
    shares = [
        1 - (a.high - a.low) / (b.high - b.low)  # type: ignore[operator] # both are known
        for a, b in zip(board.rows, plain.rows, strict=True)
    ]
    percent = round(abs(np.mean(shares)) * 100)
    way = "narrower" if np.mean(shares) >= 0 else "wider"
    assert f"Here they are {percent} % {way} on average" in text


def test_what_prediction_powered_means_lack(
    study: Study, predicted: FakeForecaster, look: Callable[..., str]
) -> None:
    study.stimuli.update(split="pool")
    assert "need ratings of hold-out images" in look()
    make_stimuli(study, [8])
    cache.clear()
    assert "the model in use has not predicted all of them" in look()
    assert "Once a model is in use" in look(perspective="authenticity")
    lacking = [item.lacking for item in generator_leaderboards(study)]
    assert lacking == ["predictions", "model", "model"]


def test_plots_come_as_files(
    client: Client, rated: list[Stimulus], look: Callable[..., str]
) -> None:
    assert look().count("<svg ") >= 2
    files = f"{PAGE}plots/"
    drawn = client.get(f"{files}pairs.svg", {"perspective": "quality"})
    assert drawn["Content-Type"] == "image/svg+xml"
    assert "+2.08 *" in drawn.content.decode()
    rows = list(csv.DictReader(io.StringIO(client.get(f"{files}pairs.csv?raw=1").content.decode())))
    assert [(row["generator"], row["against"], row["significant"]) for row in rows] == [
        ("generator 1", "generator 0", "*"),
        ("generator 0", "generator 1", "*"),
    ]
    assert [round(float(row["difference"]), 4) for row in rows] == [2.0833, -2.0833]
    means = client.get(f"{files}means.csv?raw=1").content.decode()
    assert means.startswith("generator,kind,mean,low,high,rank")
    assert client.get(f"{files}categories.svg").status_code == 404


def test_a_large_study_is_left_to_a_worker(
    client: Client,
    study: Study,
    rated: list[Stimulus],
    look: Callable[..., str],
    sent: Sent,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    monkeypatch.setattr(current_generators, "_SMALL", 3)
    with django_capture_on_commit_callbacks(execute=True):
        assert "The generators are being compared. Reload the page in a moment." in look()
    assert sent == [("annotation.opinion.tasks.renew_leaderboards", (study.pk,))]
    answer = client.get("/api/v1/studies/demo/generators/")
    assert (answer.status_code, answer.json()["code"]) == (503, "leaderboards_busy")
    tasks.renew_leaderboards(study.pk)
    assert [row[1] for row in cells(look())] == ["3.58", "1.50"]
    # It took long: whoever comes after a new rating reads the last comparison, and is told so.
    monkeypatch.setattr(recomputing, "QUICK_SECONDS", 0.0)
    rate(rated[0], make_rater(study), (5, 3, 3))
    text = look()
    assert [row[1] for row in cells(text)] == ["3.58", "1.50"]
    assert "newer ones are being computed" in text
    tasks.renew_leaderboards(study.pk)
    text = look()
    assert "newer ones are being computed" not in text
    # Image 0 has the mean (1 + 2 + 1 + 5) / 4 now, the others of its generator 5 / 3, 4 / 3, 5 / 3.
    assert cells(text)[1][1] == f"{(9 / 4 + 5 / 3 + 4 / 3 + 5 / 3) / 4:.2f}"


def test_a_large_study_s_categories_are_left_to_a_worker(
    study: Study,
    styled: list[Stimulus],
    look: Callable[..., str],
    sent: Sent,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    tasks.renew_leaderboards(study.pk)
    monkeypatch.setattr(current_generators, "_SMALL", 3)
    with django_capture_on_commit_callbacks(execute=True):
        assert "The means by category are being computed." in look(by="style")
    assert sent == [("annotation.opinion.tasks.renew_category_means", (study.pk, "style"))]
    tasks.renew_category_means(study.pk, "style")
    assert cells(look(by="style"), 2)[0][:2] == ["drawing", "generator 0"]


def test_the_api_has_prediction_powered_means(
    client: Client, owner: User, study: Study, predicted: FakeForecaster
) -> None:
    client.force_login(owner)
    quality, authenticity, _ = client.get("/api/v1/studies/demo/generators/").json()
    board = core(PREDICTED.tolist(), range(6))
    assert [row["mean"] for row in quality["prediction_powered"]] == [
        pytest.approx(row.mean) for row in board.rows
    ]
    assert {row["predicted"] for row in quality["prediction_powered"]} == {4}
    assert quality["lacking"] == ""
    assert (authenticity["prediction_powered"], authenticity["lacking"]) == ([], "model")
    assert perspective(study, "quality").key == quality["perspective"]
