"""What a model reads of prompts. Numbers of word pieces are counted by hand."""

import json
from pathlib import Path

import pytest

from modelops.predictors.errors import TokenizerError
from modelops.predictors.mint.configuration import MintIQAConfig
from modelops.predictors.mint.tokenization import load_tokenizer
from modelops.predictors.mint.vocabulary import open_reader
from modelops.predictors.mint_kinds import TINY, VIT_G
from modelops.predictors.reading import ReadingCounts, ReadingKind, count_readings
from modelops.predictors.token_reader import TokenReader
from tests.modelops.predictors.mint.test_tokenization import bert_vocabulary


@pytest.fixture
def reader(tmp_path: Path) -> TokenReader:
    """Of a vocabulary with `red`, `circle` and `##s` alone, which reads six pieces."""
    bert_vocabulary(tmp_path)
    sizes = {"max_prompt_tokens": 6, "qformer_config": {"vocab_size": 8}}
    (tmp_path / "config.json").write_text(json.dumps(sizes))
    return open_reader(tmp_path)


@pytest.mark.parametrize(
    ("prompt", "pieces", "cut", "read", "unknown", "knows_none"),
    [
        pytest.param("red circles", 5, False, "red circles", (), False, id="whole"),
        pytest.param("red red red RED", 6, False, "red red red RED", (), False, id="full"),
        pytest.param("red red red red circle", 7, True, "red red red red", (), False, id="cut"),
        pytest.param(
            "red red red circles", 7, True, "red red red circle", (), False, id="in a word"
        ),
        pytest.param("red dog", 4, False, "red dog", ("dog",), False, id="an unknown word"),
        pytest.param(
            "red  red red red dog", 7, True, "red  red red red", ("dog",), False, id="unread"
        ),
        pytest.param("dog cat dog", 5, False, "dog cat dog", ("dog", "cat"), True, id="none known"),
        pytest.param(
            "一只红色的狗", 8, True, "一只红色", tuple("一只红色的狗"), True, id="Chinese"
        ),
        pytest.param("", 2, False, "", (), False, id="empty"),
        pytest.param("\u200b", 2, False, "", (), True, id="nothing to be seen"),
        pytest.param("\ud800 red", 4, False, "\ud800 red", ("?",), False, id="half a surrogate"),
    ],
)
def test_it_says_what_a_model_reads(
    reader: TokenReader,
    prompt: str,
    pieces: int,
    cut: bool,
    read: str,
    unknown: tuple[str, ...],
    knows_none: bool,
) -> None:
    (found,) = reader.read([prompt])

    assert (found.pieces, found.limit, found.cut) == (pieces, 6, cut)
    assert prompt[: found.end] == read
    assert (found.unknown, found.knows_none) == (unknown, knows_none)


def test_tokens_without_an_embedding_are_unknown(tmp_path: Path) -> None:
    bert_vocabulary(tmp_path)
    sizes = {"qformer_config": {"vocab_size": 6}}  # not `circle`
    (tmp_path / "config.json").write_text(json.dumps(sizes))

    (found,) = open_reader(tmp_path).read(["red circle"])

    assert (found.limit, found.unknown) == (35, ("circle",))


def test_it_reads_as_the_model_does(tokenizer_folder: Path, small_config: MintIQAConfig) -> None:
    tokenizer = load_tokenizer(tokenizer_folder, small_config)
    small_config.save_pretrained(tokenizer_folder)
    prompts = ["two red circles", "jukebox " * 40, "一只红色的猫", "Ünïcödé", ""]

    found = open_reader(tokenizer_folder).read(prompts)

    for prompt, reading in zip(prompts, found, strict=True):
        pieces = tokenizer.tokens(prompt)
        assert len(pieces) == min(reading.pieces, reading.limit)
        assert ("[UNK]" in pieces) == bool(reading.unknown)


def test_prompts_are_counted(reader: TokenReader) -> None:
    prompts = [
        "red red red red circle",
        "red red red red dog",
        "red",
        "dog",
        "cat",
        "red circle dog",
    ]

    assert count_readings(reader.read(prompts)) == ReadingCounts(
        prompts=6,
        limit=6,
        cut=2,
        unreadable=2,
        unknown=2,
        alike=4,  # the first two, and the two without a known word
    )
    assert count_readings([]) == ReadingCounts(0, 0, 0, 0, 0, 0)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(TokenizerError, match="cannot be read"):
        open_reader(tmp_path / "absent")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(TokenizerError, match="holds neither"):
        open_reader(tmp_path)
    bert_vocabulary(tmp_path)
    with pytest.raises(TokenizerError, match="holds no sizes"):
        open_reader(tmp_path)


def test_both_sizes_can_say_what_they_read() -> None:
    assert isinstance(TINY, ReadingKind)
    assert isinstance(VIT_G, ReadingKind)
    with pytest.raises(TokenizerError, match="vit-g cannot be read"):
        VIT_G.reader("")
