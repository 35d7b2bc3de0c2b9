"""From prompts to token ids: BERT word pieces, in any script and at any length.

Source: released code, models/MINT_Qformers.py: bert-base-uncased with [DEC] added, 35 tokens.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer
from torch import Tensor

from ..errors import TokenizerError
from ..token_reader import clean
from .configuration import MintIQAConfig
from .presets import TINY_VOCABULARY
from .vocabulary import read_tokenizer

#: How many different characters may have an entry in the tiny vocabulary.
_TINY_ALPHABET = 160
#: Characters that any English prompt may hold; each gets an entry whether the corpus has it or not.
_ALWAYS = "abcdefghijklmnopqrstuvwxyz0123456789.,;:!?'\"()-/&%#+"


class PromptTokenizer:
    """Prompts → ids and mask, cut to `max_tokens` and padded to the longest of the batch.

    A character that the vocabulary does not hold turns its word into [UNK]; an empty prompt is
    [CLS] [SEP]. Nothing that a person can type raises an error. A tokenizer without
    [UNK] or [PAD] raises TokenizerError.
    """

    def __init__(self, tokenizer: Tokenizer, *, max_tokens: int, vocab_size: int) -> None:
        self._tokenizer = tokenizer
        self._vocab_size = vocab_size
        self._unknown = self._id_of("[UNK]")
        tokenizer.enable_truncation(max_tokens)
        tokenizer.enable_padding(pad_id=self._id_of("[PAD]"), pad_token="[PAD]")  # noqa: S106  # text

    def __call__(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """`input_ids` and `attention_mask`, both int64 (B, L), L ≤ `max_tokens`."""
        encoded = self._tokenizer.encode_batch([clean(prompt) for prompt in prompts])
        ids = torch.tensor([row.ids for row in encoded], dtype=torch.int64)
        mask = torch.tensor([row.attention_mask for row in encoded], dtype=torch.int64)
        # Tokens that a publisher added after training have no embedding here.
        return ids.masked_fill(ids >= self._vocab_size, self._unknown), mask

    def tokens(self, prompt: str) -> list[str]:
        """The word pieces of one prompt, for a person to look at."""
        return list(self._tokenizer.encode(clean(prompt)).tokens)

    def definition(self) -> str:
        """Everything that decides which ids a prompt becomes, as JSON."""
        return str(self._tokenizer.to_str())

    def save(self, folder: Path) -> None:
        """Writes `tokenizer.json`."""
        self._tokenizer.save(str(folder / "tokenizer.json"))

    def _id_of(self, token: str) -> int:
        found = self._tokenizer.token_to_id(token)
        if found is None:
            raise TokenizerError(f"the tokenizer has no {token}; give a BERT word-piece tokenizer")
        return int(found)


def load_tokenizer(folder: str | Path, config: MintIQAConfig) -> PromptTokenizer:
    """The tokenizer in a model's folder: `tokenizer.json`, or BERT's `vocab.txt` (uncased).

    Adds `config.bos_token` if it is absent, as BLIP-2 adds [DEC] to bert-base-uncased (30,523
    ids). Raises TokenizerError if there is none or it has more ids than the model.
    """
    tokenizer = read_tokenizer(Path(folder))
    if config.bos_token and tokenizer.token_to_id(config.bos_token) is None:
        tokenizer.add_special_tokens([config.bos_token])
    size, room = tokenizer.get_vocab_size(with_added_tokens=False), config.qformer_config.vocab_size
    if size > room:
        raise TokenizerError(
            f"{folder}: the tokenizer has {size} word pieces and the model {room}; "
            "they do not belong together"
        )
    return PromptTokenizer(tokenizer, max_tokens=config.max_prompt_tokens, vocab_size=room)


def train_tiny_tokenizer(texts: Iterable[str], folder: str | Path) -> None:
    """Learns the tiny preset's word pieces from `texts` and writes `tokenizer.json` to `folder`.

    Lower-case, accents stripped; words of Latin letters always have a spelling in word pieces.
    """
    spelled = (f"{character}{character}" for character in _ALWAYS)
    trainer = BertWordPieceTokenizer(lowercase=True)
    trainer.train_from_iterator(
        (text for part in (texts, spelled) for text in part),
        vocab_size=TINY_VOCABULARY,
        limit_alphabet=_TINY_ALPHABET,
        initial_alphabet=list(_ALWAYS),
        show_progress=False,
    )
    # Built again from the vocabulary: only then does it know [CLS] and [SEP].
    finished = BertWordPieceTokenizer(trainer.get_vocab(), lowercase=True)
    Path(folder).mkdir(parents=True, exist_ok=True)
    finished.save(str(Path(folder) / "tokenizer.json"))
