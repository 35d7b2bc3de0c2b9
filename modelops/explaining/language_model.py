"""The language model and its tokenizer: from texts to its tokens and back.

Any causal language model that `transformers` loads will do, with the tokenizer in its folder. The
tiny preset has neither; `tiny_language` makes both.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from ..predictors.errors import CheckpointError, TokenizerError
from ..predictors.mint.modeling import quiet
from .configuration import MintIQAExplainerConfig
from .model import Tokens

#: Below an explanation model's folder: the tokenizer of its language model.
LANGUAGE_FOLDER = "language"
_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "tokenizer_config.json")


class LanguageTokenizer:
    """Texts ↔ the ids of one language model, begin token first.

    Padded at the end. Any Unicode text can be encoded; what a text becomes when it is decoded again
    depends on the tokenizer. Raises TokenizerError if it lacks a begin or end token, or has more
    tokens than the model.
    """

    def __init__(self, tokenizer: Any, *, vocab_size: int) -> None:
        self._tokenizer = tokenizer
        for name in ("bos_token_id", "eos_token_id"):
            if getattr(tokenizer, name) is None:
                raise TokenizerError(
                    f"the language model's tokenizer has no {name}; set it in its "
                    "tokenizer_config.json"
                )
        if len(tokenizer) > vocab_size:
            raise TokenizerError(
                f"the language model's tokenizer has {len(tokenizer)} tokens and the model "
                f"{vocab_size}; they do not belong together"
            )
        self._begin, self._end = tokenizer.bos_token_id, tokenizer.eos_token_id
        pad = tokenizer.pad_token_id
        # Padding is masked out wherever it is, so any id will do.
        self._pad = self._end if pad is None else pad

    def questions(self, texts: Sequence[str]) -> Tokens:
        """Begin token, text: (B, L)."""
        return self._padded([[self._begin, *self._ids(text)] for text in texts])

    def answers(self, texts: Sequence[str]) -> Tokens:
        """Begin token, text, end token: (B, L)."""
        return self._padded([[self._begin, *self._ids(text), self._end] for text in texts])

    def decode(self, rows: Iterable[Sequence[int]]) -> list[str]:
        """The texts of generated ids, without special tokens and outer white space."""
        return [self._tokenizer.decode(row, skip_special_tokens=True).strip() for row in rows]

    def special_tokens(self) -> dict[str, int | None]:
        """Ids by the names that a language model's configuration has for them; without a padding of
        its own none is given, since no loss is on it."""
        own = self._tokenizer.pad_token_id
        return {"bos_token_id": self._begin, "eos_token_id": self._end, "pad_token_id": own}

    def save(self, folder: Path) -> None:
        """Writes the tokenizer's files to `folder`/`LANGUAGE_FOLDER`."""
        self._tokenizer.save_pretrained(folder / LANGUAGE_FOLDER)

    def _ids(self, text: str) -> list[int]:
        clean = text.encode("utf-8", "replace").decode()
        ids: list[int] = self._tokenizer.encode(clean, add_special_tokens=False)
        return ids

    def _padded(self, rows: Sequence[Sequence[int]]) -> Tokens:
        longest = max(map(len, rows))
        ids = [[*row, *[self._pad] * (longest - len(row))] for row in rows]
        mask = [[1] * len(row) + [0] * (longest - len(row)) for row in rows]
        return Tokens(_integers(ids), _integers(mask))


def load_language_tokenizer(
    folder: str | Path, config: MintIQAExplainerConfig
) -> LanguageTokenizer:
    """The tokenizer in `folder`/`LANGUAGE_FOLDER`, for the language model of `config`.

    Raises TokenizerError if there is none, or it has more tokens than the model.
    """
    return read_language_tokenizer(
        Path(folder) / LANGUAGE_FOLDER, vocab_size=config.language_config.vocab_size
    )


def read_language_tokenizer(folder: Path, *, vocab_size: int) -> LanguageTokenizer:
    """Like `load_language_tokenizer`, from a language model's own folder."""
    if not any((folder / name).exists() for name in _FILES):
        raise TokenizerError(
            f"{folder} holds no tokenizer ({', '.join(_FILES)}); copy that of the language model "
            "there (Vicuna-7B's for a converted checkpoint)"
        )
    try:
        found = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise TokenizerError(f"{folder}: not a tokenizer ({error})") from error
    return LanguageTokenizer(found, vocab_size=vocab_size)


def load_language_model(
    folder: str | Path, *, dtype: torch.dtype = torch.float32
) -> tuple[PreTrainedModel, LanguageTokenizer]:
    """Any causal language model that `transformers` loads, from a folder with its tokenizer.

    Raises CheckpointError or TokenizerError, naming the folder.
    """
    try:
        with quiet():
            model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{folder} holds no causal language model that can be loaded ({error}); give the "
            "folder to which it was saved"
        ) from error
    found = cast(PreTrainedModel, model)
    return found, read_language_tokenizer(Path(folder), vocab_size=found.config.vocab_size)


def _integers(rows: list[list[int]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.int64)
