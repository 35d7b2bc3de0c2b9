from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from modelops.predictors.mint.tokenization import load_tokenizer
from workbench.demo.grammar import words
from workbench.demo.pretraining import cache
from workbench.demo.pretraining.backbone import Encode, grid_of, query_states, vision_tokens
from workbench.demo.pretraining.batches import PictureSource
from workbench.demo.pretraining.cache import draw_pictures
from workbench.demo.pretraining.recipe import SMOKE
from workbench.demo.pretraining.runner import Learner, new_learner, run_recipe
from workbench.demo.pretraining.train import match, see
from workbench.demo.pretraining.vocabulary import write_tokenizer


@pytest.fixture(scope="module")
def learner() -> Learner:
    return new_learner(3)


@pytest.fixture(scope="module")
def encode(tmp_path_factory: pytest.TempPathFactory, learner: Learner) -> Encode:
    folder = tmp_path_factory.mktemp("tokenizer")
    write_tokenizer(folder)
    return load_tokenizer(folder, learner.model.config)


@pytest.fixture(scope="module")
def source(learner: Learner) -> PictureSource:
    return PictureSource(draw_pictures(1, range(24), 112), grid=grid_of(learner.model))


def test_every_word_of_the_grammar_is_one_token(tmp_path: Path, learner: Learner) -> None:
    write_tokenizer(tmp_path)
    tokenizer = load_tokenizer(tmp_path, learner.model.config)
    assert {len(tokenizer.tokens(word)) for word in words()} == {3}  # [CLS] word [SEP]


def test_query_states_are_those_of_the_models_own_forward(
    learner: Learner, encode: Encode, source: PictureSource
) -> None:
    batch = source.take(np.arange(3), turn=False)
    ids, mask = encode(["a red circle on grass"] * 3)
    with torch.no_grad():
        whole = learner.model(batch.pixels, ids, mask)
        parts = query_states(learner.model, vision_tokens(learner.model, batch.pixels), ids, mask)
    torch.testing.assert_close(parts, whole.query_embeds)


def test_queries_differ_from_each_other_from_the_start(learner: Learner) -> None:
    tokens = learner.model.query_tokens[0]
    assert torch.cdist(tokens, tokens).fill_diagonal_(1).min() > 0


def test_seeing_lowers_its_loss_and_leaves_the_rest_alone(source: PictureSource) -> None:
    fresh = new_learner(4)
    before = {k: v.clone() for k, v in fresh.model.qformer.state_dict().items()}
    stage = replace(SMOKE.see, steps=12, pictures=24, vision_rate=5e-4)
    steps = see(fresh.model, fresh.heads, source, stage, seed=1)
    losses = [told["vision"] for _, told in steps]
    assert losses[-1] < losses[0]
    after: dict[str, Tensor] = fresh.model.qformer.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_matching_trains_every_part_of_the_backbone(source: PictureSource, encode: Encode) -> None:
    fresh = new_learner(5)
    before = {k: v.clone() for k, v in fresh.model.state_dict().items()}
    steps = list(match(fresh.model, fresh.heads, source, SMOKE.match, 1, encode))
    assert len(steps) == SMOKE.match.steps
    after = fresh.model.state_dict()
    still = {key.split(".")[0] for key in before if torch.equal(before[key], after[key])}
    moved = {key.split(".")[0] for key in before if not torch.equal(before[key], after[key])}
    assert moved == {"vision_model", "qformer", "embeddings", "query_tokens"}
    assert "heads" in still  # the score heads: no opinion score was there to teach them


def test_a_finished_run_is_taken_up_without_training_again(
    tmp_path: Path, encode: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "SHARD", 50)
    recipe = SMOKE
    said: list[str] = []
    first = run_recipe(tmp_path, recipe, encode=encode, processes=2, say=said.append)
    assert {line.split()[0] for line in said} >= {"draw", "see", "match", "see:", "match:"}
    again: list[str] = []
    second = run_recipe(tmp_path, recipe, encode=encode, processes=2, say=again.append)
    assert [line.split()[0] for line in again] == ["see:", "match:"]
    assert second.reached == first.reached
    kept = second.learner.model.state_dict()
    assert all(torch.equal(kept[k], v) for k, v in first.learner.model.state_dict().items())
