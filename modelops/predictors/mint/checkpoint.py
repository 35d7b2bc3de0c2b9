"""Finds, loads and saves models: weights, sizes and tokenizer in one folder.

A folder holds `model.safetensors`, `config.json`, `tokenizer.json` and `manifest.json` (format
version and SHA-256 of the others); folders that others made may lack the manifest.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import Blip2ForImageTextRetrieval

from workbench.core.files import sha256_of, sync

from ..errors import CheckpointError
from .configuration import MintIQAConfig
from .conversion import in_evaluation_mode, model_from_weights
from .modeling import MintIQAModel, quiet
from .presets import PRESETS
from .processing import MintIQAProcessor
from .streaming import fingerprint, write_state
from .tokenization import PromptTokenizer, load_tokenizer

#: Increased whenever a folder's layout changes; an older program refuses a newer folder.
FORMAT = 1
TINY_FOLDER = Path(__file__).parent / "assets" / "tiny"
#: The public backbone from which the authors started.
BLIP2_SOURCE = "Salesforce/blip2-itm-vit-g"

WEIGHTS, _MANIFEST = "model.safetensors", "manifest.json"


@dataclass(frozen=True)
class LoadedModel:
    """A model with the processor that makes its inputs."""

    model: MintIQAModel
    processor: MintIQAProcessor


def load_model(
    source: str | Path = "tiny",
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> LoadedModel:
    """The model of a preset or of a folder, in evaluation mode on `device` as `dtype`.

    `tiny` is shipped; `vit-g` is fetched from the public BLIP-2 checkpoint, with untrained heads.
    Raises CheckpointError or TokenizerError, both naming the folder and the fix.
    """
    if source == "vit-g":
        loaded = from_blip2(BLIP2_SOURCE, dtype=dtype)
    else:
        loaded = _load_folder(TINY_FOLDER if source == "tiny" else Path(source), dtype)
    return LoadedModel(nn.Module.to(loaded.model, device), loaded.processor)


def save_model(
    loaded: LoadedModel, folder: str | Path, *, dtype: torch.dtype | None = None
) -> None:
    """Writes the whole folder, weights as `dtype` (default: as they are), and only then renames it.

    An existing folder's files are replaced one by one, the manifest last; files that are not a
    model's (a card) stay. Raises OSError (a full disk among them) with nothing replaced.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
        written = Path(temporary)
        sha256 = write_state(written / WEIGHTS, loaded.model.state_dict(), dtype=dtype)
        describe_folder(written, loaded.model.config, loaded.processor.tokenizer, sha256)
        names = sorted(path.name for path in written.iterdir() if path.name != _MANIFEST)
        for name in (*names, _MANIFEST):
            sync(written / name)
            (written / name).replace(folder / name)
    sync(folder)


def describe_folder(
    folder: Path, config: MintIQAConfig, tokenizer: PromptTokenizer, weights_sha256: str
) -> None:
    """Adds all that a folder with weights needs to be loaded: sizes, tokenizer, then manifest."""
    config.save_pretrained(folder)
    tokenizer.save(folder)
    found = (path for path in folder.rglob("*") if path.is_file())
    described = {str(path.relative_to(folder)): path for path in found}
    del described[WEIGHTS]
    sums = {name: sha256_of(path) for name, path in described.items()} | {WEIGHTS: weights_sha256}
    manifest = {"format": FORMAT, "sha256": dict(sorted(sums.items()))}
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")


def from_blip2(source: str | Path, *, dtype: torch.dtype = torch.float32) -> LoadedModel:
    """An untrained MINT-IQA on a public BLIP-2 image–text backbone, as the authors started.

    `source` is a folder or a name on the model hub. Vision transformer, Q-Former, queries and text
    embeddings are taken; the contrastive and matching heads are not; the score heads are drawn.
    Raises CheckpointError with all names that are missing or left over, or if the hub is out of
    reach; TokenizerError.
    """
    folder = find_folder(source, wanted=("*.json", "*.safetensors", "*.txt"))
    blip2 = _read_blip2(folder, dtype)
    sizes: Any = blip2.config
    config = MintIQAConfig(
        vision_config=sizes.vision_config.to_dict(),
        qformer_config=sizes.qformer_config.to_dict(),
        num_query_tokens=sizes.num_query_tokens,
        bos_token="[DEC]",  # noqa: S106  # a token of text, not a password
    )
    ours = ("vision_model.", "qformer.", "embeddings.", "query_tokens")
    # One precision throughout: `transformers` keeps BLIP-2's Q-Former in float32.
    weights = {k: v.to(dtype) for k, v in blip2.state_dict().items() if k.startswith(ours)}
    weights |= _fresh_heads(config, dtype)
    model = model_from_weights(weights, config)
    return LoadedModel(model, _processor(folder, config))


def backbone_hash(loaded: LoadedModel) -> str:
    """SHA-256 of all that a pooled embedding depends on: sizes, tokenizer, weights but the heads.

    Equal for models that differ in their heads only, so that cached embeddings serve both.
    """
    state = sorted(loaded.model.state_dict().items())
    return fingerprint(
        ((name, tensor) for name, tensor in state if not name.startswith("heads.")),
        about=_sizes(loaded.model.config) + loaded.processor.tokenizer.definition(),
    )


def _sizes(config: MintIQAConfig) -> str:
    """The configuration without what the library adds of itself (its version, paths)."""
    parts = {
        "vision": config.vision_config.to_dict(),
        "qformer": config.qformer_config.to_dict(),
        "own": config.to_dict(),
    }
    passing = ("transformers_version", "architectures", "dtype", "vision_config", "qformer_config")
    kept = {
        part: {
            k: v for k, v in sizes.items() if k not in passing and not k.startswith(("_", "head"))
        }
        for part, sizes in parts.items()
    }
    return json.dumps(kept, sort_keys=True)


def _load_folder(folder: Path, dtype: torch.dtype) -> LoadedModel:
    if not (folder / WEIGHTS).exists():
        fix = (
            "run `make pretrain-tiny`"
            if folder == TINY_FOLDER
            else f"give a folder with {WEIGHTS}, or one of the presets {', '.join(PRESETS)}"
        )
        raise CheckpointError(f"{folder} holds no {WEIGHTS}; {fix}")
    check_manifest(folder)
    model = MintIQAModel.from_pretrained(folder, dtype=dtype, local_files_only=True)
    return LoadedModel(in_evaluation_mode(model), _processor(folder, model.config))


def check_manifest(folder: Path) -> None:
    """Raises CheckpointError if a file is not what the manifest of `folder` says, or the format
    is a newer one. A folder without a manifest passes."""
    path = folder / _MANIFEST
    if not path.exists():
        return
    manifest = json.loads(path.read_text())
    if manifest["format"] > FORMAT:
        raise CheckpointError(
            f"{path} has format {manifest['format']}, this program reads {FORMAT}; update it"
        )
    changed = [n for n, known in manifest["sha256"].items() if not _is(folder / n, known)]
    if changed:
        raise CheckpointError(
            f"{folder}: {', '.join(changed)} is not what was saved (its checksum differs); "
            "save or copy the model again"
        )


def _processor(folder: Path, config: MintIQAConfig) -> MintIQAProcessor:
    return MintIQAProcessor(load_tokenizer(folder, config), config.image_size)


def _read_blip2(folder: Path, dtype: torch.dtype) -> Blip2ForImageTextRetrieval:
    """BLIP-2 with its matching head; another model's weights would leave names to chance."""
    # So that shapes, too, come back as a list and not as a line of advice in a log.
    told: dict[str, Any] = {"output_loading_info": True, "ignore_mismatched_sizes": True}
    loaded: Any
    try:
        with quiet():
            loaded = Blip2ForImageTextRetrieval.from_pretrained(folder, dtype=dtype, **told)
    except (SafetensorError, OSError, RuntimeError) as error:
        raise CheckpointError(f"{folder}: BLIP-2's weights cannot be read ({error})") from error
    model, found = loaded
    problems = [
        f"{kind.removesuffix('_keys')}: {', '.join(sorted(map(str, names)))}"
        for kind, names in found.items()
        if names
    ]
    if problems:
        raise CheckpointError(
            f"{folder} is not a BLIP-2 image–text matching checkpoint; {'; '.join(problems)}"
        )
    return cast(Blip2ForImageTextRetrieval, model)


def _fresh_heads(config: MintIQAConfig, dtype: torch.dtype) -> dict[str, Tensor]:
    """Heads as torch draws linear layers, which is how the released code starts them."""
    drawn: dict[str, Tensor] = {}
    sizes = (config.embedding_size, config.head_hidden_size, config.head_outputs)
    for head in config.head_names:
        for index in range(2):
            layer = nn.Linear(sizes[index], sizes[index + 1], dtype=dtype)
            for name, tensor in layer.state_dict().items():
                drawn[f"heads.{head}.{index}.{name}"] = tensor
    return drawn


def find_folder(source: str | Path, *, wanted: Sequence[str]) -> Path:
    """A folder as it is, or a name on the model hub: its `wanted` files, in the hub's cache.

    `wanted` are patterns of file names. Raises CheckpointError if the hub is out of reach.
    """
    if Path(source).is_dir():
        return Path(source)
    return _download(str(source), wanted)


def _download(name: str, wanted: Sequence[str]) -> Path:
    from huggingface_hub import snapshot_download

    try:
        found = snapshot_download(name, allow_patterns=list(wanted))
    except (OSError, ValueError) as error:  # no network, no such repository, not a name at all
        raise CheckpointError(
            f"{name} is not a folder and cannot be fetched from the model hub ({error}); "
            "give a folder that holds the checkpoint, or allow access to the hub"
        ) from error
    return Path(found)


def _is(path: Path, sha256: str) -> bool:
    return path.exists() and sha256_of(path) == sha256
