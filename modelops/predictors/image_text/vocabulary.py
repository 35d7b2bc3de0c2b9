"""From prompts to tokens, as these models were trained: CLIP's are padded to the longest prompt and
end where they end; SigLIP's are lower case and always of the same length.

Sources: transformers' CLIP and SigLIP processors; Zhai et al., arXiv 2303.15343; Tschannen et al.,
arXiv 2502.14786. Without torch.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from tokenizers.normalizers import Lowercase, Sequence

from ..errors import TokenizerError
from ..token_reader import TokenReader, changed_at, read_tokenizer_file
from .folder import find_files, read_sizes

#: Tokens of a prompt, ends included, if `config.json` leaves them out: transformers' defaults.
_LENGTHS = {"clip": 77, "siglip": 64}
_VOCABULARIES = {"clip": 49408, "siglip": 32000}
_CLIP_END = "<|endoftext|>"


def text_length(sizes: dict[str, Any]) -> int:
    """How many tokens a model reads of a prompt, by its `config.json`."""
    length = sizes["text_config"].get("max_position_embeddings", _LENGTHS[sizes["model_type"]])
    return int(length)


def open_tokenizer(folder: Path) -> Tokenizer:
    """Gives a model's tokens: cut, and padded as it was trained. Raises TokenizerError."""
    sizes, tokenizer = read_sizes(folder), _read(folder)
    kind, length = sizes["model_type"], text_length(sizes)
    settings = _settings(folder)
    pad = settings.get("pad_token") or (_CLIP_END if kind == "clip" else None)
    pad = pad.get("content") if isinstance(pad, dict) else pad
    number = None if pad is None else tokenizer.token_to_id(str(pad))
    if number is None:
        raise TokenizerError(
            f"{folder / 'tokenizer_config.json'} names no pad_token that tokenizer.json has; copy "
            "both from the model that config.json is of"
        )
    tokenizer.enable_truncation(length)
    tokenizer.enable_padding(
        direction=settings.get("padding_side", "right"),
        pad_id=number,
        pad_token=str(pad),
        length=length if kind == "siglip" else None,
    )
    return tokenizer


def open_reader(weights: str) -> TokenReader:
    """What a model reads of prompts; nothing is fetched for it. Raises a MintError."""
    folder = find_files(weights, fetch=False)
    return _opened(folder, changed_at(folder))


@lru_cache(maxsize=4)
def _opened(folder: Path, _changed: int) -> TokenReader:
    sizes = read_sizes(folder)
    return TokenReader(_read(folder), text_length(sizes), _vocabulary(sizes), unknown="<unk>")


def _vocabulary(sizes: dict[str, Any]) -> int:
    return int(sizes["text_config"].get("vocab_size", _VOCABULARIES[sizes["model_type"]]))


def _read(folder: Path) -> Tokenizer:
    """`tokenizer.json`, for prompts in lower case if the model was trained on nothing else."""
    path, sizes = folder / "tokenizer.json", read_sizes(folder)
    if not path.exists():
        raise TokenizerError(
            f"{folder} holds no tokenizer.json; copy it from the model's page, or save the "
            "tokenizer there by transformers' save_pretrained"
        )
    tokenizer = read_tokenizer_file(path)
    size, room = tokenizer.get_vocab_size(), _vocabulary(sizes)
    if size > room:
        raise TokenizerError(
            f"{folder}: the tokenizer has {size} word pieces and the model {room}; they do not "
            "belong together"
        )
    if sizes["model_type"] == "siglip":
        rest = [] if tokenizer.normalizer is None else [tokenizer.normalizer]
        tokenizer.normalizer = Sequence([Lowercase(), *rest])
    return tokenizer


def _settings(folder: Path) -> dict[str, Any]:
    """`tokenizer_config.json`; empty if there is none."""
    path = folder / "tokenizer_config.json"
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise TokenizerError(f"{path} cannot be read ({error}); copy it again") from error
    return found if isinstance(found, dict) else {}
