"""Prompts of any script and length, and tokenizers that do not fit."""

from pathlib import Path

import pytest
import torch

from modelops.predictors.errors import TokenizerError
from modelops.predictors.mint.configuration import MintIQAConfig
from modelops.predictors.mint.presets import preset_config
from modelops.predictors.mint.tokenization import (
    PromptTokenizer,
    load_tokenizer,
    train_tiny_tokenizer,
)
from tests.modelops.predictors.mint.conftest import CORPUS


@pytest.fixture
def tokenizer(tokenizer_folder: Path, small_config: MintIQAConfig) -> PromptTokenizer:
    return load_tokenizer(tokenizer_folder, small_config)


def bert_vocabulary(folder: Path) -> None:
    """A vocabulary as BERT's is written: one word piece per line."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "circle", "##s"]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")


def test_words_of_the_corpus_are_one_piece(tokenizer: PromptTokenizer) -> None:
    assert tokenizer.tokens("Two RED circles") == ["[CLS]", "two", "red", "circles", "[SEP]"]


def test_a_word_outside_the_corpus_is_spelled(tokenizer: PromptTokenizer) -> None:
    pieces = tokenizer.tokens("jukebox")[1:-1]
    assert "".join(piece.removeprefix("##") for piece in pieces) == "jukebox"
    assert "[UNK]" not in pieces


@pytest.mark.parametrize(
    "prompt", ["一只红色的猫", "Рыжий кот", "قطة حمراء", "🐈 on 🌈", "Ünïcödé", "\x00\ud800"]
)
def test_any_script_gives_tokens(tokenizer: PromptTokenizer, prompt: str) -> None:
    ids, mask = tokenizer([prompt])
    assert ids.shape == mask.shape
    assert ids.shape[1] >= 2
    assert int(ids.max()) < 2048


def test_an_empty_prompt_is_its_two_ends(tokenizer: PromptTokenizer) -> None:
    assert tokenizer.tokens("") == ["[CLS]", "[SEP]"]


@pytest.mark.parametrize("prompt", ["cat " * 2500, "z" * 10_000])
def test_a_long_prompt_is_cut_to_35_tokens(tokenizer: PromptTokenizer, prompt: str) -> None:
    ids, _mask = tokenizer([prompt])
    assert ids.shape[1] <= 35
    assert tokenizer.tokens(prompt)[-1] == "[SEP]"


def test_shorter_prompts_are_padded_at_the_end(tokenizer: PromptTokenizer) -> None:
    ids, mask = tokenizer(["red", "two red circles"])
    assert mask.tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]
    assert ids[0, 3:].tolist() == [0, 0]


def test_the_full_preset_adds_its_extra_token_to_bert_s_vocabulary(tmp_path: Path) -> None:
    bert_vocabulary(tmp_path)
    tokenizer = load_tokenizer(tmp_path, preset_config("vit-g"))
    assert tokenizer.tokens("red circles [DEC]") == [
        "[CLS]", "red", "circle", "##s", "[DEC]", "[SEP]",
    ]  # fmt: skip
    assert tokenizer(["[DEC]"])[0].tolist() == [[2, 8, 3]]  # the id after BERT's last


def test_an_id_without_an_embedding_becomes_unknown(
    tmp_path: Path, small_config: MintIQAConfig
) -> None:
    bert_vocabulary(tmp_path)
    config = MintIQAConfig(
        vision_config=small_config.vision_config,
        qformer_config={**small_config.qformer_config.to_dict(), "vocab_size": 8},
        bos_token="[DEC]",
    )
    assert load_tokenizer(tmp_path, config)(["[DEC]"])[0].tolist() == [[2, 1, 3]]


def test_a_saved_tokenizer_reads_the_same(
    tokenizer: PromptTokenizer, tmp_path: Path, small_config: MintIQAConfig
) -> None:
    tokenizer.save(tmp_path)
    again = load_tokenizer(tmp_path, small_config)
    assert again.definition() == tokenizer.definition()
    assert all(torch.equal(a, b) for a, b in zip(again(CORPUS), tokenizer(CORPUS), strict=True))


def test_training_twice_on_the_same_text_knows_the_same_words(tmp_path: Path) -> None:
    for name in ("one", "two"):
        train_tiny_tokenizer(CORPUS, tmp_path / name)
    config = preset_config("tiny")
    one, two = (load_tokenizer(tmp_path / name, config) for name in ("one", "two"))
    assert one.tokens(" ".join(CORPUS)) == two.tokens(" ".join(CORPUS))


def test_a_folder_without_tokenizer_is_named(tmp_path: Path, small_config: MintIQAConfig) -> None:
    with pytest.raises(TokenizerError, match=r"neither tokenizer\.json nor vocab\.txt"):
        load_tokenizer(tmp_path, small_config)


def test_a_damaged_tokenizer_is_named(tmp_path: Path, small_config: MintIQAConfig) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(TokenizerError, match=r"tokenizer\.json: not a tokenizer"):
        load_tokenizer(tmp_path, small_config)


def test_a_vocabulary_larger_than_the_model_is_refused(
    tokenizer_folder: Path, small_config: MintIQAConfig
) -> None:
    config = MintIQAConfig(
        vision_config=small_config.vision_config,
        qformer_config={**small_config.qformer_config.to_dict(), "vocab_size": 50},
    )
    with pytest.raises(TokenizerError, match="do not belong together"):
        load_tokenizer(tokenizer_folder, config)


def test_a_tokenizer_without_bert_s_tokens_is_refused(
    tmp_path: Path, small_config: MintIQAConfig
) -> None:
    (tmp_path / "vocab.txt").write_text("[PAD]\n[CLS]\n[SEP]\nred\n")
    with pytest.raises(TokenizerError, match=r"\[UNK\]"):
        load_tokenizer(tmp_path, small_config)
