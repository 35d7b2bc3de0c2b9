"""A model in memory: weights from safetensors alone, and no program that comes with them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from PIL import Image
from safetensors import SafetensorError
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import normalize
from transformers import AutoImageProcessor, CLIPModel, SiglipModel

from workbench.core.files import sha256_of

from ..base import Precision
from ..errors import CheckpointError
from ..mint.modeling import quiet
from ..mint.preprocessing import to_eight_bits, without_ends
from .folder import find_files, read_sizes
from .vocabulary import open_tokenizer

_MODELS: dict[str, Any] = {"clip": CLIPModel, "siglip": SiglipModel}
#: Increased whenever the same files embed differently.
_FORMAT = "image-text 1"
#: What an embedding depends on, besides the weights, of files that a folder may have.
_SETTINGS = (
    "config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
)


@dataclass(frozen=True)
class ImageTextModel:
    """A frozen model with what prepares its inputs.

    width: D of the embedding of an image, and of a prompt. processor: transformers' own, on Pillow.
    """

    model: nn.Module
    processor: Any
    tokenizer: Tokenizer
    width: int
    sha256: str

    def pixels(self, image: Image.Image) -> Tensor:
        """float32 (3, S, S) as the model's own processor resizes and normalises."""
        if image.mode.startswith("I;16"):
            image = to_eight_bits(image)
        if self.processor.do_center_crop:
            image = without_ends(image)
        found = self.processor(images=image.convert("RGB"), return_tensors="pt")
        return cast(Tensor, found["pixel_values"][0])

    def tokens(self, prompts: list[str]) -> tuple[Tensor, Tensor | None]:
        """Ids int64 (B, L), and the mask if the model takes one: SigLIP reads its padding."""
        rows = self.tokenizer.encode_batch(prompts)
        ids = torch.tensor([row.ids for row in rows], dtype=torch.int64)
        if isinstance(self.model, SiglipModel):
            return ids, None
        return ids, torch.tensor([row.attention_mask for row in rows], dtype=torch.int64)

    def embed(self, pixels: Tensor, ids: Tensor, mask: Tensor | None, texts: Tensor) -> Tensor:
        """float32 (B, 3·D) of images (B, 3, S, S) and their prompts, rows `texts` (B,) of (T, L):
        image, prompt, and their product feature by feature, whose mean is the cosine of the two.

        Each of the first two has a mean square of 1, so that features of all three are alike in
        size, whatever the model's own lengths are.
        """
        model = cast(Any, self.model)
        of_image = model.get_image_features(pixel_values=pixels).pooler_output
        of_text = model.get_text_features(input_ids=ids, attention_mask=mask).pooler_output
        image, text = (
            normalize(each.float(), dim=-1) * self.width**0.5 for each in (of_image, of_text[texts])
        )
        return torch.cat([image, text, image * text], dim=-1)


def load(weights: str, *, device: str, precision: Precision) -> ImageTextModel:
    """The model of a folder, or of a commit of the hub, frozen on `device`.

    With bfloat16 linear layers hold half the width, and their products are computed in it. Raises
    CheckpointError or TokenizerError naming the folder and the fix.
    """
    folder = find_files(weights)
    sizes, tokenizer = read_sizes(folder), open_tokenizer(folder)
    model = _model(folder, _MODELS[sizes["model_type"]])
    processor = _processor(folder, int(model.config.vision_config.image_size))
    width = _width(folder, model)
    loaded = ImageTextModel(model.to(device), processor, tokenizer, width, _sha256(folder))
    return narrowed(loaded, precision)


def narrowed(loaded: ImageTextModel, precision: Precision) -> ImageTextModel:
    """The same model, whose linear layers hold half the width from now on with bfloat16."""
    if precision == "bfloat16":
        for module in loaded.model.modules():
            if isinstance(module, nn.Linear):
                module.to(torch.bfloat16)
    return loaded


def _model(folder: Path, kind: Any) -> Any:
    """Raises CheckpointError if a weight is missing, misshapen or unreadable."""
    if not list(folder.glob("*.safetensors")):
        pickled = " (a .bin or .pt file can hold a program and is not read)"
        raise CheckpointError(
            f"{folder} holds no weights as safetensors{pickled}; copy model.safetensors there, or "
            "save the model by transformers' save_pretrained"
        )
    told = {"output_loading_info": True, "ignore_mismatched_sizes": True}
    try:
        with quiet():
            model, found = kind.from_pretrained(
                folder, dtype=torch.float32, use_safetensors=True, local_files_only=True, **told
            )
    except (SafetensorError, OSError, RuntimeError, ValueError, TypeError) as error:
        raise CheckpointError(
            f"{folder}: the weights cannot be read ({error}); copy model.safetensors and "
            "config.json again"
        ) from error
    lacking = sorted(
        str(name) for part in ("missing", "mismatched") for name in found[f"{part}_keys"]
    )
    if lacking:
        raise CheckpointError(
            f"{folder}: {len(lacking)} weights are missing or of another shape, such as "
            f"{lacking[0]}; give the folder of a whole {kind.__name__.removesuffix('Model')} model"
        )
    return model.train(False).requires_grad_(False)


def _processor(folder: Path, side: int) -> Any:
    """Raises CheckpointError if it is not one for images of that side."""
    try:
        found = AutoImageProcessor.from_pretrained(
            folder, backend="pil", local_files_only=True, trust_remote_code=False
        )
        probe = found(images=Image.new("RGB", (side + 3, side)), return_tensors="pt")
        shape = tuple(probe["pixel_values"].shape[1:])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"{folder}: preprocessor_config.json is missing or cannot be used ({error}); copy "
            "it from the model's page"
        ) from error
    if shape != (3, side, side):
        raise CheckpointError(
            f"{folder}: preprocessor_config.json makes images of {shape}, the model takes "
            f"{(3, side, side)}; copy both from the same model"
        )
    return found


def _width(folder: Path, model: Any) -> int:
    """Raises CheckpointError if image and prompt have no embeddings of one width."""
    config = model.config
    if isinstance(model, CLIPModel):
        return int(config.projection_dim)
    text = config.text_config.projection_size or config.text_config.hidden_size
    image = config.vision_config.hidden_size if config.vision_config.vision_use_head else 0
    if text != image:
        raise CheckpointError(
            f"{folder}: image and prompt have embeddings of {image} and {text} numbers; give a "
            "model that was trained to compare them"
        )
    return int(text)


def _sha256(folder: Path) -> str:
    """Of all files that an embedding depends on."""
    digest = hashlib.sha256(_FORMAT.encode())
    weights = sorted(path.name for path in folder.glob("*.safetensors"))
    for name in (*_SETTINGS, *weights):
        if (folder / name).exists():
            digest.update(f"{name} {sha256_of(folder / name)}\n".encode())
    return digest.hexdigest()
