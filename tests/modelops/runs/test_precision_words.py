"""Pages and the API say in which precision a scoring was computed, and why."""

from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override
from pytest_django.fixtures import Settings

from annotation.models import Stimulus, Study
from modelops.models import ModelVersion
from modelops.predictors import float8
from modelops.predictors.base import Verdict
from modelops.runs.precision_words import sentences
from workbench.accounts.models import User


def test_the_page_and_the_api_tell_it_of_each_scoring(
    study: Study, labelled: list[Stimulus], scored: ModelVersion, client: Client, owner: User
) -> None:
    client.force_login(owner)
    run = scored.scoring_runs.get()
    (told,) = client.get(f"/api/v1/studies/{study.slug}/scoring-runs/").json()["results"]
    (found,) = told["computed_in"]
    assert found["precision"] in ("float32", "bfloat16")  # whichever this machine is faster in
    assert found["why"] in client.get(f"/studies/{study.slug}/model/").content.decode()
    assert run.computed_in == {found["precision"]: {"asked": "auto", "device": "cpu"}}


CHECK = {"passed": True, "images": 256, "srcc": 0.99954, "difference": 0.0031}


@pytest.mark.parametrize(
    ("computed", "said"),
    [
        ({"float32": {"asked": "float32"}}, "Computed in float32, as MODEL_PRECISION says."),
        ({"float32": {"asked": "auto"}}, "does not multiply in bfloat16 natively"),
        ({"float32": {"asked": "fp8"}}, "does not multiply in bfloat16 natively"),
        ({"bfloat16": {"asked": "auto"}}, "bfloat16, which the worker’s device multiplies"),
        ({"fp8": {"asked": "fp8", "check": CHECK}}, "on 256 images of this site the order of"),
        ({"bfloat16": {"asked": "fp8", "check": CHECK}}, "not in float8: on 256 images of this"),
        ({"bfloat16": {"asked": "fp8"}}, "not yet in float8: it is compared with bfloat16 when 32"),
        ({"bfloat16": {"asked": "fp8", "unsupported": "cpu is slow"}}, "not in float8: cpu is sl"),
    ],
)
def test_the_reason_is_a_sentence(computed: dict[str, Any], said: str) -> None:
    with override("en"):
        (found,) = sentences(computed).values()
    assert said in found


def test_nothing_is_said_before_anything_is_computed_and_both_where_workers_differ() -> None:
    assert sentences(None) == {}
    both = {"float32": {"asked": "auto"}, "bfloat16": {"asked": "auto"}}
    assert list(sentences(both)) == ["bfloat16", "float32"]


def test_what_decided_is_kept(
    small_model_settings: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MODEL_PRECISION = "fp8"
    float8.supported.cache_clear()
    name, why = float8.computed("c" * 64)
    assert (name, why["unsupported"]) == ("bfloat16", "cpu does not multiply in float8")
    monkeypatch.setattr(float8, "supported", lambda: True)
    assert float8.computed("c" * 64) == ("bfloat16", {"asked": "fp8", "device": "cpu"})
    float8.keep("c" * 64, Verdict(True, "as it should be", 256, 0.99954, 0.0031))
    name, why = float8.computed("c" * 64)
    assert (name, why["check"]) == ("fp8", CHECK)
