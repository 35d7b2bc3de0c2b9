"""How well a version predicts people: page, API and CSV say what scipy says of the same numbers."""

import csv
import io
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.test import Client
from scipy import special, stats

from annotation.models import Generator, Score, Stimulus, Study
from modelops.models import ModelVersion
from modelops.registry import agreement, calibrated, points
from modelops.registry.agreement import agreement_of
from modelops.tasks import renew_agreement
from workbench.accounts.models import User
from workbench.templatetags.numbers import shown_number

PAGE = "/studies/demo/model/versions/1/agreement/"
API = "/api/v1/studies/demo/models/1/agreement/"
#: What is expected of the six images of the hold-out, on 0…1, from each perspective.
EXPECTED = (0.2, 0.1, 0.35, 0.5, 0.45, 0.8)


@pytest.fixture
def compared(scored: ModelVersion) -> ModelVersion:
    """Expects `EXPECTED`; the first three images are of one generator and prompt."""
    cache.clear()
    held = list(scored.study.stimuli.filter(split="holdout").order_by("pk"))
    for stimulus, mean in zip(held, EXPECTED, strict=True):
        scored.predictions.filter(stimulus=stimulus).update(mean=mean)
    first = [stimulus.pk for stimulus in held[:3]]
    Stimulus.objects.filter(pk__in=[it.pk for it in held]).update(
        generator=Generator.objects.create(study=scored.study, name="another")
    )
    Stimulus.objects.filter(pk__in=first).update(
        prompt=held[0].prompt, generator=Generator.objects.create(study=scored.study, name="one")
    )
    return scored


@pytest.fixture
def signed_in(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def mos_by_hand(study: Study, perspective: str) -> np.ndarray[Any, Any]:
    """The means of the hold-out's scores on 1…5, by image."""
    scores = Score.objects.filter(perspective__key=perspective)
    held = study.stimuli.filter(split="holdout").order_by("pk")
    return np.array(
        [
            np.mean(list(scores.filter(trial__stimulus=it).values_list("value", flat=True)))
            for it in held
        ]
    )


def test_the_api_has_every_measure_by_other_means(
    compared: ModelVersion, signed_in: Client
) -> None:
    answer = signed_in.get(API).json()
    assert (answer["model"], answer["current"]) == (1, True)
    assert [it["perspective"] for it in answer["perspectives"]] == [
        "quality", "authenticity", "correspondence",
    ]  # fmt: skip
    part = answer["perspectives"][0]
    assert [part[name] for name in ("minimum", "maximum", "images", "prompts")] == [1, 5, 6, 4]
    found = {it["name"]: it["measure"] and it["measure"]["value"] for it in part["measures"]}
    predicted, mos = 1 + 4 * np.array(EXPECTED), mos_by_hand(compared.study, "quality")
    assert found["srcc"] == pytest.approx(stats.spearmanr(predicted, mos).statistic)
    assert found["krcc"] == pytest.approx(stats.kendalltau(predicted, mos).statistic)
    assert found["plcc"] == pytest.approx(stats.pearsonr(predicted, mos).statistic)
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((predicted - mos) ** 2)))
    halves = [
        stats.spearmanr(predicted[part], mos[part]).statistic for part in (slice(3), slice(3, 6))
    ]
    assert found["srcc_within_generator"] == pytest.approx(np.mean(halves))
    by_name = {it["generator"]: (it["images"], it["srcc"]["value"]) for it in part["generators"]}
    assert by_name == {
        "one": (3, pytest.approx(halves[0])), "another": (3, pytest.approx(halves[1])),
    }  # fmt: skip
    assert found["srcc_within_prompt"] == pytest.approx(halves[0])
    beta = part["mappings"][0]["parameters"]
    mapped = beta[1] + (beta[0] - beta[1]) * special.expit((predicted - beta[2]) / abs(beta[3]))
    assert found["plcc_logistic"] == pytest.approx(stats.pearsonr(mapped, mos).statistic)
    assert found["rmse_logistic"] == pytest.approx(np.sqrt(((mapped - mos) ** 2).sum() / 2))


def test_page_and_csv_show_what_the_api_has(compared: ModelVersion, signed_in: Client) -> None:
    text = signed_in.get(PAGE).content.decode()
    rows = list(
        csv.DictReader(io.StringIO(signed_in.get(f"{PAGE[:-1]}.csv?raw=1").content.decode()))
    )
    parts = signed_in.get(API).json()["perspectives"]
    assert len(rows) == sum(len(part["measures"]) + len(part["generators"]) for part in parts)
    assert text.count("6 hold-out images; prompts: 4.") == 3
    by_name = {(row["perspective"], row["measure"], row["generator"]): row for row in rows}
    for part in parts:
        for own in part["generators"]:
            row = by_name[part["perspective"], "srcc", own["generator"]]
            assert float(row["value"]) == pytest.approx(own["srcc"]["value"])
            assert (row["images"], row["ceiling"]) == ("3", "")
            assert f'{own["generator"]} <span class="muted small">3 images</span>' in text
            assert f'<td class="number">{own["srcc"]["value"]:.3f}</td>' in text
        for item in part["measures"]:
            row = by_name[part["perspective"], item["name"], ""]
            if item["measure"] is None:
                assert row["value"] == ""
                continue
            value, low = item["measure"]["value"], item["measure"]["low"]
            assert float(row["value"]) == pytest.approx(value)
            assert f'<td class="number">{value:.3f}' in text
            if low is not None:
                shown = " … ".join(shown_number(end, 2) for end in (low, item["measure"]["high"]))
                assert f'<td class="number">{shown}</td>' in text
            if item["ceiling"]:
                assert f'<td class="number">{item["ceiling"]["value"]:.2f}' in text
                assert float(row["ceiling"]) == pytest.approx(item["ceiling"]["value"])
    plot = signed_in.get("/studies/demo/results/model-agreement/plots/srcc.csv?version=1&raw=1")
    assert "All images" in plot.content.decode()


def test_whether_its_uncertainties_are_true_is_told_where_there_are_enough_images(
    compared: ModelVersion, signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Shown from 20 hold-out images on" in signed_in.get(PAGE).content.decode()
    monkeypatch.setattr(calibrated, "FEWEST", 6)
    # Wide enough for all labels: of six, Wilson's interval begins at 6 / (6 + 1.96²).
    compared.predictions.update(posterior_sd=0, misfit_sd=10)
    points._points.cache_clear()  # as if they had been scored so
    text = signed_in.get(PAGE).content.decode()
    assert text.count('<td class="number">100 %</td>') == 3
    assert text.count('<td class="number">61 … 100 %</td>') == 3
    assert 'id="plot-calibration"' in text
    address = "/studies/demo/results/model-agreement/plots/calibration.csv?version=1&raw=1"
    rows = list(csv.DictReader(io.StringIO(signed_in.get(address).content.decode())))
    assert len(rows) == 3 * len(calibrated.LEVELS)
    assert {(row["observed"], row["n"], row["ence"]) for row in rows} == {("1.0", "6", "")}
    told = signed_in.get(API.replace("agreement", "calibration")).json()["perspectives"]
    names = [item["perspective"] for item in told]
    assert names == ["quality", "authenticity", "correspondence"]
    assert {(item["images"], item["ence"]) for item in told} == {(6, None)}
    ninety = [it for item in told for it in item["coverages"] if it["level"] == 0.9]
    low = pytest.approx(6 / (6 + stats.norm.ppf(0.975) ** 2))
    assert ninety == 3 * [{"level": 0.9, "observed": 1, "low": low, "high": 1}]


def test_a_large_hold_out_is_left_to_a_worker(
    compared: ModelVersion, signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(agreement, "_SMALL", 5)
    monkeypatch.setattr(agreement, "ask_worker", lambda *task, seconds: asked.append(task))
    assert "is being compared with people" in signed_in.get(PAGE).content.decode()
    assert signed_in.get(API).status_code == 503
    assert set(asked) == {("modelops.tasks.renew_agreement", compared.pk)}
    renew_agreement(compared.pk)
    assert agreement_of(compared).current
    assert signed_in.get(API).status_code == 200


def test_without_predictions_of_the_hold_out_nothing_is_measured(
    compared: ModelVersion, signed_in: Client
) -> None:
    compared.predictions.filter(stimulus__split="holdout", perspective__key="quality").delete()
    text = signed_in.get(PAGE).content.decode()
    assert text.count("Fewer than three hold-out images are both rated") == 1
    assert signed_in.get(API).json()["perspectives"][0]["measures"] == []


@pytest.mark.parametrize("number", ["2", "99999999999"])
def test_a_version_that_is_not_there_is_not_found(
    compared: ModelVersion, signed_in: Client, number: str
) -> None:
    for address in (
        PAGE,
        API,
        f"/studies/demo/results/model-agreement/plots/srcc.svg?version={number}",
    ):
        assert signed_in.get(address.replace("/1/", f"/{number}/")).status_code == 404


def test_certificates_say_what_is_lacking_and_what_predictions_are_off_by(
    compared: ModelVersion, signed_in: Client
) -> None:
    """Two raters are too few to leave one out; the error that remains is known from them."""
    found = signed_in.get(f"{API[: -len('agreement/')]}certificates/").json()
    assert (found["model"], found["margin"]) == (1, 0.1)
    quality, authenticity, _third = found["certificates"]
    assert (quality["granted"], quality["lacks"], quality["tested"]) == (False, ["few_raters"], 0)
    mos = mos_by_hand(compared.study, "quality")
    # Of the two scores of an image, a level apart at most, the spread is half of their squared
    # difference; a label of both has half of that.
    scores = Score.objects.filter(perspective__key="quality")
    held = compared.study.stimuli.filter(split="holdout").order_by("pk")
    pairs = [scores.filter(trial__stimulus=it).values_list("value", flat=True) for it in held]
    variance = np.mean([(first - second) ** 2 / 2 for first, second in pairs])
    squared = np.mean((1 + 4 * np.array(EXPECTED) - mos) ** 2) - variance / 2
    assert quality["error"]["rmse"]["value"] == pytest.approx(np.sqrt(max(squared, 0)))
    text = signed_in.get(PAGE).content.decode()
    assert "It takes 3 raters who each scored 30 hold-out images" in text
    assert authenticity["perspective"] == "authenticity"
