"""The backbone that is shipped, against its own card."""

import hashlib
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from modelops.predictors.mint.checkpoint import TINY_FOLDER, load_model
from modelops.predictors.mint.tokenization import load_tokenizer
from workbench.demo.grammar import words
from workbench.demo.pretraining.probe import ProbeResult, ProbeSettings, probe_model
from workbench.demo.pretraining.recipe import SMOKE
from workbench.demo.pretraining.runner import new_learner
from workbench.demo.pretraining.ship import Figures, checksum, ship
from workbench.demo.pretraining.vocabulary import write_tokenizer


def test_the_cards_checksum_is_that_of_the_file() -> None:
    card = (TINY_FOLDER / "README.md").read_text()
    (said,) = re.findall(r"SHA-256 `([0-9a-f]{64})`", card)
    assert said == hashlib.sha256((TINY_FOLDER / "model.safetensors").read_bytes()).hexdigest()


def test_the_weights_are_half_precision_and_fit_ten_megabytes() -> None:
    path = TINY_FOLDER / "model.safetensors"
    assert path.stat().st_size <= 10_000_000
    assert {tensor.dtype for tensor in load_file(path).values()} == {torch.float16}


def test_the_score_heads_were_taught_nothing() -> None:
    weights, biases = load_model("tiny").model.head_weights()
    assert not weights.any()
    assert biases.tolist() == [0.5, 0.5, 0.5]


def test_the_shipped_tokenizer_knows_every_word_of_the_grammar() -> None:
    tokenizer = load_model("tiny").processor.tokenizer
    assert {len(tokenizer.tokens(word)) for word in words()} == {3}


@pytest.mark.slow
def test_few_labels_suffice_on_a_study_that_the_card_does_not_name() -> None:
    shipped = load_model("tiny")
    result = probe_model(
        shipped.model, shipped.processor.tokenizer, ProbeSettings(seed=77, rated=180, unseen=90)
    )
    assert result.mean_against_truth > 0.6
    assert result.against_truth["correspondence"] > 0.4


def test_shipping_writes_a_card_that_names_seed_tasks_and_checksum(tmp_path: Path) -> None:
    result = ProbeResult({"quality": 0.5}, {"quality": 0.4})
    figures = Figures({"patch colour": 0.9}, {"blur": 0.8}, result, result, 12.0, "2 cores")
    learner = new_learner(1)
    write_tokenizer(tmp_path / "tokenizer")
    tokenizer = load_tokenizer(tmp_path / "tokenizer", learner.model.config)
    weights = ship(tmp_path / "shipped", learner.model, tokenizer, SMOKE, figures)
    card = (tmp_path / "shipped" / "README.md").read_text()
    assert checksum(weights) in card
    assert "pretraining seed 1" in card.replace("\n", " ")
    assert "| quality | 0.500 | 0.400 | 0.500 |" in card
    again = load_model(tmp_path / "shipped").model
    kept = learner.model.vision_model.post_layernorm.weight
    torch.testing.assert_close(again.vision_model.post_layernorm.weight, kept)
