"""What a tokenizer leaves out of a prompt. Without torch, so that an import and the web server can
ask."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Encoding, Tokenizer

from .errors import TokenizerError
from .reading import Reading


def read_tokenizer_file(path: Path) -> Tokenizer:
    """Of a `tokenizer.json`. Raises TokenizerError."""
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception for a file it cannot read
        raise TokenizerError(f"{path}: not a tokenizer ({error})") from error


def changed_at(folder: Path) -> int:
    """When a file of a model's folder last changed, in nanoseconds: what was read of it holds until
    then. Raises TokenizerError."""
    try:
        return max(path.stat().st_mtime_ns for path in folder.iterdir())
    except (OSError, ValueError) as error:
        raise TokenizerError(f"{folder} cannot be read; give the folder of a model") from error


def clean(prompt: str) -> str:
    """Half a surrogate pair cannot leave Python; it becomes a question mark."""
    return prompt.encode("utf-8", "replace").decode()


class TokenReader:
    """Reads as a model does that cuts prompts to `limit` tokens, ends included, and says what that
    leaves out.

    vocab_size: tokens from this one on have no embedding; they are unknown to the model, as is the
    token `unknown`, if it has one.
    """

    def __init__(
        self, tokenizer: Tokenizer, limit: int, vocab_size: int, unknown: str | None
    ) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer, self._limit, self._vocab_size = tokenizer, limit, vocab_size
        self._unknown = None if unknown is None else tokenizer.token_to_id(unknown)
        self._ends = tokenizer.num_special_tokens_to_add(is_pair=False)

    def read(self, prompts: Sequence[str]) -> list[Reading]:
        texts = [clean(prompt) for prompt in prompts]
        encodings = self._tokenizer.encode_batch(texts)
        return [self._reading(*pair) for pair in zip(texts, encodings, strict=True)]

    def _reading(self, text: str, encoding: Encoding) -> Reading:
        places = [
            place for place, special in enumerate(encoding.special_tokens_mask) if not special
        ]
        known = [not self._is_unknown(encoding.ids[place]) for place in places]
        # What begins and ends a sequence takes places of its own.
        kept = places[: self._limit - self._ends]
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


def _word(text: str, encoding: Encoding, place: int) -> str:
    start, end = encoding.offsets[place]
    return text[start:end]
