"""Recipes by name: chosen by command, API and page, and kept with the run."""

import io
import re

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from annotation.models import Stimulus, Study
from modelops.learning.recipe import Recipe
from modelops.models import TrainingRun
from modelops.predictors.base import recipes_of
from modelops.predictors.mint_kinds import TINY, VIT_G
from modelops.predictors.registry import PREDICTORS
from modelops.runs.predictors import ensure_predictor
from tests.modelops.conftest import Train
from workbench.accounts.models import User
from workbench.settings import BASE_DIR

API = "/api/v1/studies/demo"
LORA = TINY.recipes["lora-qformer"].recipe


@pytest.fixture
def api(owner: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(owner)
    return client


@pytest.mark.parametrize("name", list(PREDICTORS))
def test_a_kind_s_recipes_begin_with_the_default_one(name: str) -> None:
    kind = PREDICTORS[name]
    found = recipes_of(kind)
    assert next(iter(found)) == "default"
    assert found["default"] == kind.recipe()
    for key, recipe in found.items():
        assert re.fullmatch(r"[a-z][a-z0-9-]{0,39}", key)
        assert Recipe.from_json(recipe.to_json()) == recipe


def test_the_released_lora_recipe_has_its_figures() -> None:
    """models/MINTIQA_model_lora.py, config/options.py of the released code."""
    recipe = VIT_G.recipes["lora-qformer"].recipe
    assert (recipe.lora_rank, recipe.lora_alpha, recipe.lora_dropout) == (16, 16, 0.2)
    assert (recipe.learning_rate, recipe.batch_size, recipe.warmup) == (1e-5, 8, 0.01)
    assert (recipe.lora_target, recipe.frozen_qformer) == ("qformer", True)
    assert "train_stage1_lora3.py" in VIT_G.recipes["lora-qformer"].source


def test_the_documentation_lists_them() -> None:
    text = (BASE_DIR / "docs/models.md").read_text()
    for kind in PREDICTORS.values():
        for name in recipes_of(kind):
            assert re.search(rf"^\| `{kind.name}` \| `{name}` \|", text, re.MULTILINE), name


def test_the_command_takes_one_by_name(study: Study, labelled: list[Stimulus]) -> None:
    with pytest.raises(CommandError, match=r"tiny has no recipe “fast”, only default, lora-q"):
        call_command("retrain", "demo", "--recipe", "fast", stdout=io.StringIO())
    assert not TrainingRun.objects.exists()
    call_command("retrain", "demo", "epochs=2", "--recipe", "lora-qformer", stdout=io.StringIO())
    run = TrainingRun.objects.get()
    assert run.recipe_name == "lora-qformer"
    assert run.recipe == LORA.to_json() | {"epochs": 2}
    assert run.predictor.recipe_name == "default"


def test_the_api_takes_one_for_a_run_and_for_a_predictor(
    api: APIClient, study: Study, labelled: list[Stimulus]
) -> None:
    for path in ("training-runs", "predictors"):
        wrong = {"recipe": "fast"} | ({"backbone": "tiny"} if path == "predictors" else {})
        answer = api.post(f"{API}/{path}/", wrong, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "recipe")
        assert "only default, lora-qformer" in answer.content.decode()
    run = api.post(f"{API}/training-runs/", {"recipe": "lora-qformer"}, format="json").json()
    assert (run["recipe_name"], run["recipe"]) == ("lora-qformer", LORA.to_json())
    body = {"backbone": "tiny", "name": "adapted", "recipe": "lora-qformer"}
    added = api.post(f"{API}/predictors/", body, format="json").json()
    assert (added["recipe_name"], added["recipe"]) == ("lora-qformer", LORA.to_json())
    # Its own recipe, if none is named.
    run = api.post(f"{API}/training-runs/", {"predictor": "adapted"}, format="json").json()
    assert (run["recipe_name"], run["recipe"]) == ("lora-qformer", LORA.to_json())


def test_the_page_offers_and_shows_them(
    client: Client, owner: User, study: Study, labelled: list[Stimulus]
) -> None:
    client.force_login(owner)
    ensure_predictor(study=study, actor=None)
    page = client.get(f"/studies/{study.slug}/model/").content.decode()
    assert page.count("<option>lora-qformer</option>") == 2  # of a training, of a new predictor
    form = {"backbone": "tiny", "name": "adapted", "strategy": "lcmd", "recipe": "lora-qformer"}
    client.post("/studies/demo/model/predictors/", form)
    wrong = client.post("/studies/demo/model/retrain/", {"recipe": "fast"}, follow=True)
    assert "tiny has no recipe “fast”, only default, lora-qformer" in wrong.content.decode()
    client.post("/studies/demo/model/retrain/", {"predictor": "tiny", "recipe": "lora-qformer"})
    run = TrainingRun.objects.get()
    assert (run.predictor.name, run.recipe_name) == ("tiny", "lora-qformer")
    page = client.get("/studies/demo/model/").content.decode()
    assert "<td>lora-qformer</td>" in page
    assert '<span class="muted small">lora-qformer</span>' in page


def test_a_study_s_model_is_trained_by_it(
    study: Study, labelled: list[Stimulus], train: Train
) -> None:
    """The whole loop with a small rank: a version with the backbone's names and other weights."""
    plain = train()
    version = train(
        epochs=1, lora_rank=2, lora_target="qformer", lora_dropout=0.2, learning_rate=1e-2
    )
    assert version.backbone_sha256 != plain.backbone_sha256
    assert version.curve is not None
    assert version.training_run.recipe["lora_target"] == "qformer"
