"""A model's vocabulary, and what it reads of a prompt by it. Without torch, so that an import and
the web server can ask.
"""

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from tokenizers import Encoding, Tokenizer
from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

from ..reading import Reading
from .errors import TokenizerError

#: Prompts are cut to this many tokens, [CLS] and [SEP] included, unless a model says otherwise.
MAX_PROMPT_TOKENS = 35
_ENDS = 2


def read_tokenizer(folder: Path) -> Tokenizer:
    """`tokenizer.json`, or BERT's `vocab.txt` (uncased). Raises TokenizerError."""
    whole, words = folder / "tokenizer.json", folder / "vocab.txt"
    if whole.exists():
        try:
            return Tokenizer.from_file(str(whole))
        except Exception as error:  # the library raises bare Exception for a file it cannot read
            raise TokenizerError(f"{whole}: not a tokenizer ({error})") from error
    if words.exists():
        built = BertWordPieceTokenizer(str(words), lowercase=True)
        return Tokenizer.from_str(built.to_str())
    raise TokenizerError(f"{folder} holds neither tokenizer.json nor vocab.txt; copy one there")


def clean(prompt: str) -> str:
    """Half a surrogate pair cannot leave Python; it becomes a question mark."""
    return prompt.encode("utf-8", "replace").decode()


class MintPromptReader:
    """Reads as `tokenization.PromptTokenizer` does, and says what that leaves out.

    vocab_size: tokens from this one on have no embedding; they are unknown to the model.
    """

    def __init__(self, tokenizer: Tokenizer, limit: int, vocab_size: int) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer, self._limit, self._vocab_size = tokenizer, limit, vocab_size
        self._unknown = tokenizer.token_to_id("[UNK]")

    def read(self, prompts: Sequence[str]) -> list[Reading]:
        texts = [clean(prompt) for prompt in prompts]
        encodings = self._tokenizer.encode_batch(texts)
        return [self._reading(*pair) for pair in zip(texts, encodings, strict=True)]

    def _reading(self, text: str, encoding: Encoding) -> Reading:
        places = [
            place for place, special in enumerate(encoding.special_tokens_mask) if not special
        ]
        known = [not self._is_unknown(encoding.ids[place]) for place in places]
        # The end of the sequence takes the last place.
        kept = places[: self._limit - _ENDS]
        words = dict.fromkeys(
            _word(text, encoding, place)
            for place, is_known in zip(places, known, strict=True)
            if not is_known
        )
        ids = [
            self._unknown if self._is_unknown(encoding.ids[it]) else encoding.ids[it] for it in kept
        ]
        return Reading(
            pieces=len(encoding.ids),
            limit=self._limit,
            end=max((encoding.offsets[place][1] for place in kept), default=0),
            unknown=tuple(words),
            knows_none=bool(text.strip()) and not any(known),
            content=hashlib.sha256(json.dumps(ids).encode()).digest(),
        )

    def _is_unknown(self, token: int) -> bool:
        return token == self._unknown or token >= self._vocab_size


def open_reader(folder: Path) -> MintPromptReader:
    """The reader of a model's folder. Raises TokenizerError."""
    try:
        changed = max(path.stat().st_mtime_ns for path in folder.iterdir())
    except (OSError, ValueError) as error:
        raise TokenizerError(f"{folder} cannot be read; give the folder of a model") from error
    return _opened(folder, changed)


@lru_cache(maxsize=4)
def _opened(folder: Path, _changed: int) -> MintPromptReader:
    tokenizer = read_tokenizer(folder)
    try:
        sizes = json.loads((folder / "config.json").read_text())
        vocabulary = int(sizes["qformer_config"]["vocab_size"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise TokenizerError(f"{folder / 'config.json'} holds no sizes of a model") from error
    return MintPromptReader(
        tokenizer, int(sizes.get("max_prompt_tokens", MAX_PROMPT_TOKENS)), vocabulary
    )


def _word(text: str, encoding: Encoding, place: int) -> str:
    start, end = encoding.offsets[place]
    return text[start:end]
