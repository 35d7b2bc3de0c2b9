"""Small checkpoints in the released layout, and a tokenizer small enough for them."""

import json
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

from tests.shared_data import require_shared

#: The smallest tokenizer that PromptTokenizer takes: five special tokens and the letters.
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]


def golden_checkpoint(size: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The official state dict of a golden folder, and its sizes."""
    folder = require_shared(f"golden/mint/{size}")
    sizes: dict[str, Any] = json.loads((folder / "config.json").read_text())
    return load_file(folder / "official_state_dict.safetensors"), sizes


def write_sizes(folder: Path, sizes: Any) -> Path:
    path = folder / "sizes.json"
    path.write_text(json.dumps(sizes))
    return path


def write_tokenizer(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    return folder
