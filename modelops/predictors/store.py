"""Models of this process: loaded when first needed, kept by the checksum of their files."""

import gc
import sys
import weakref
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from ..models import ModelVersion
from ..registry.artifacts import local_folder
from .embedding import Embedder, device, precision

if TYPE_CHECKING:
    from ..learning.bayes import LastLayer
    from .mint.checkpoint import LoadedModel

LAST_LAYER = "last_layer.safetensors"


class VersionModel:
    """A model version's files. The last layer is light; the backbone is loaded for an image."""

    def __init__(self, folder: Path, backbone_sha256: str) -> None:
        self.folder = folder
        # Weakly: a version that is let go must go at once, and with it what it holds of a GPU.
        me = weakref.proxy(self)
        self.embedder = Embedder(backbone_sha256, lambda: me.backbone)

    @cached_property
    def last_layer(self) -> "LastLayer":
        from ..learning.posterior import load_last_layer

        return load_last_layer(self.folder / LAST_LAYER)

    @cached_property
    def backbone(self) -> "LoadedModel":
        """In this process's precision; a GPU has no room for another one beside it."""
        from .mint.checkpoint import LoadedModel, load_model
        from .mint.modeling import with_bfloat16_products

        loaded = load_model(self.folder, device=device())
        if precision() == "float32":
            return loaded
        return LoadedModel(with_bfloat16_products(loaded.model), loaded.processor)


#: The versions that this process holds, the one used last at the end.
_kept: dict[tuple[str, str, str], VersionModel] = {}


def version_model(version: ModelVersion) -> VersionModel:
    """The model of `version`. Raises ArtifactError where its files are gone or were changed."""
    key = (version.artifact, version.artifact_sha256, version.backbone_sha256)
    model = _kept.pop(key, None) or VersionModel(local_folder(*key[:2]), key[2])
    # A GPU has room for one; it is let go before another one is loaded.
    while len(_kept) >= (2 if device() == "cpu" else 1):
        del _kept[next(iter(_kept))]
    _kept[key] = model
    return model


def release_models() -> None:
    """Lets go of what is loaded, and of the GPU's memory: another process needs it."""
    _kept.clear()
    if "torch" not in sys.modules:
        return
    import torch

    if torch.cuda.is_initialized():
        gc.collect()
        torch.cuda.empty_cache()


def base_model() -> "LoadedModel":
    """What every training starts from: MODEL_WEIGHTS where set, else the preset's own weights."""
    from .mint.checkpoint import load_model

    return load_model(settings.MODEL_WEIGHTS or settings.MODEL_PRESET, device=device())
