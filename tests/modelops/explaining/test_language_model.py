"""The language model's tokens: any tokenizer that `transformers` loads, and the tiny preset's."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from modelops.explaining.configuration import explainer_preset_config
from modelops.explaining.language_model import LanguageTokenizer, load_language_tokenizer
from modelops.explaining.tiny_language import tiny_language_tokenizer
from modelops.predictors.errors import TokenizerError

TEXTS = ["The image is highly distorted.", "the image details are very rich", "very rich"] * 5
ANYTHING = [
    "The image is highly distorted. six fingers!",
    "柯基部分失真，颜色不对",
    "🦊  two  spaces\nand a line",
    "",
]


@pytest.fixture(scope="module")
def tokenizer() -> LanguageTokenizer:
    return tiny_language_tokenizer(TEXTS)


def words(bos: str | None = "<s>") -> PreTrainedTokenizerFast:
    inner = Tokenizer(models.WordLevel({"<s>": 0, "</s>": 1, "<unk>": 2, "image": 3}, "<unk>"))
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token=bos, eos_token="</s>", unk_token="<unk>"
    )


def test_any_text_comes_back_as_it_was(tokenizer: LanguageTokenizer) -> None:
    told = tokenizer.answers(ANYTHING)
    assert tokenizer.decode(told.ids.tolist()) == [text.strip() for text in ANYTHING]


def test_what_is_said_often_is_one_token(tokenizer: LanguageTokenizer) -> None:
    # Begin, "The image is highly distorted", ".", end.
    assert tokenizer.answers([TEXTS[0]]).ids.shape == (1, 4)
    assert tokenizer.questions(["very rich"]).ids.shape == (1, 2)


def test_answers_begin_and_end_and_are_padded_behind(tokenizer: LanguageTokenizer) -> None:
    config = explainer_preset_config("tiny").language_config
    ids, mask = tokenizer.answers(["very rich", "very rich, 柯"])
    begin, end, pad = config.bos_token_id, config.eos_token_id, config.pad_token_id
    assert ids[:, 0].tolist() == [begin, begin]
    first = ids[0, : int(mask[0].sum())]
    assert first[-1] == end
    assert set(ids[0][mask[0] == 0].tolist()) == {pad}
    assert end not in tokenizer.questions(["very rich"]).ids


def test_the_same_texts_make_the_same_tokens(tokenizer: LanguageTokenizer) -> None:
    again = tiny_language_tokenizer(TEXTS)
    assert again.answers(ANYTHING).ids.tolist() == tokenizer.answers(ANYTHING).ids.tolist()


def test_it_is_saved_and_loaded(tokenizer: LanguageTokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path)
    again = load_language_tokenizer(tmp_path, explainer_preset_config("tiny"))
    assert again.answers(ANYTHING).ids.tolist() == tokenizer.answers(ANYTHING).ids.tolist()


def test_a_folder_without_a_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(TokenizerError, match="language holds no tokenizer"):
        load_language_tokenizer(tmp_path, explainer_preset_config("tiny"))


def test_a_damaged_tokenizer_is_named(tmp_path: Path) -> None:
    (tmp_path / "language").mkdir()
    (tmp_path / "language" / "tokenizer_config.json").write_text("{}")
    with pytest.raises(TokenizerError, match="language: not a tokenizer"):
        load_language_tokenizer(tmp_path, explainer_preset_config("tiny"))


def test_a_tokenizer_of_another_model_is_refused() -> None:
    with pytest.raises(TokenizerError, match="has 4 tokens and the model 3"):
        LanguageTokenizer(words(), vocab_size=3)
    with pytest.raises(TokenizerError, match="has no bos_token_id"):
        LanguageTokenizer(words(bos=None), vocab_size=4)


def test_a_tokenizer_without_padding_pads_with_what_is_masked() -> None:
    ids, mask = LanguageTokenizer(words(), vocab_size=4).questions(["image", ""])
    assert ids.tolist() == [[0, 3], [0, 1]]
    assert mask.tolist() == [[1, 1], [1, 0]]
