"""A model's vocabulary, and what it reads of a prompt by it. Without torch, so that an import and
the web server can ask.
"""

import json
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

from ..errors import TokenizerError
from ..token_reader import TokenReader, changed_at, read_tokenizer_file

#: Prompts are cut to this many tokens, [CLS] and [SEP] included, unless a model says otherwise.
MAX_PROMPT_TOKENS = 35


def read_tokenizer(folder: Path) -> Tokenizer:
    """`tokenizer.json`, or BERT's `vocab.txt` (uncased). Raises TokenizerError."""
    whole, words = folder / "tokenizer.json", folder / "vocab.txt"
    if whole.exists():
        return read_tokenizer_file(whole)
    if words.exists():
        built = BertWordPieceTokenizer(str(words), lowercase=True)
        return Tokenizer.from_str(built.to_str())
    raise TokenizerError(f"{folder} holds neither tokenizer.json nor vocab.txt; copy one there")


def open_reader(folder: Path) -> TokenReader:
    """The reader of a model's folder. Raises TokenizerError."""
    return _opened(folder, changed_at(folder))


@lru_cache(maxsize=4)
def _opened(folder: Path, _changed: int) -> TokenReader:
    tokenizer = read_tokenizer(folder)
    try:
        sizes = json.loads((folder / "config.json").read_text())
        vocabulary = int(sizes["qformer_config"]["vocab_size"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise TokenizerError(f"{folder / 'config.json'} holds no sizes of a model") from error
    return TokenReader(
        tokenizer,
        int(sizes.get("max_prompt_tokens", MAX_PROMPT_TOKENS)),
        vocabulary,
        unknown="[UNK]",
    )
