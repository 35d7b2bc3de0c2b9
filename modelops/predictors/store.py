"""Models of this process: loaded when first needed, kept by the checksum of their files."""

import gc
import sys
import weakref
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..models import ModelVersion
from ..registry.artifacts import artifact_changed, local_folder
from . import float8
from .backbones import backbone_named
from .base import Embedder, TrainableKind
from .devices import device, precision
from .embedding import StimulusEmbedder
from .reading import PromptReader, ReadingKind
from .registry import PREDICTORS

if TYPE_CHECKING:
    from ..learning.bayes import LastLayer

LAST_LAYER = "last_layer.safetensors"


class VersionModel:
    """A model version's files. The last layer is light; the backbone is loaded for an image."""

    def __init__(self, version: ModelVersion, folder: Path) -> None:
        self.folder = folder
        self._kind, self._backbone = version.kind, version.predictor.backbone
        self._backbone_sha256 = version.backbone_sha256
        # Weakly: a version that is released must be freed at once, and its GPU memory with it.
        me = weakref.proxy(self)
        self.embedder = StimulusEmbedder(version.backbone_sha256, lambda: me.backbone)

    @cached_property
    def last_layer(self) -> "LastLayer":
        from ..learning.bayes import load_last_layer

        return load_last_layer(self.folder / LAST_LAYER)

    @property
    def reader(self) -> PromptReader | None:
        """How it reads prompts; None if its kind cannot say. Raises a MintError."""
        kind = PREDICTORS[self._kind]
        if not isinstance(kind, ReadingKind):
            return None
        own = isinstance(kind, TrainableKind)
        return kind.reader(str(self.folder) if own else backbone_named(self._backbone).weights)

    @cached_property
    def backbone(self) -> Embedder:
        """In this process's precision: the version's own, or the site's if it is frozen.

        Raises ArtifactError if the site's is not the one that the version was trained on.
        """
        kind = PREDICTORS[self._kind]
        if isinstance(kind, TrainableKind):
            opened = kind.open(self.folder, device=device(), precision=precision())
            return float8.settled(opened, self._backbone_sha256)
        found = backbone_named(self._backbone).load()
        if found.sha256 != self._backbone_sha256:
            raise artifact_changed(self._backbone)
        return float8.settled(found, self._backbone_sha256)


#: The versions that this process holds, the one used last at the end.
_kept: dict[tuple[str, str, str], VersionModel] = {}


def version_model(version: ModelVersion) -> VersionModel:
    """The model of `version`. Raises ArtifactError if its files are gone or were changed."""
    key = (version.artifact, version.artifact_sha256, version.backbone_sha256)
    model = _kept.pop(key, None) or VersionModel(version, local_folder(*key[:2]))
    # A GPU has room for one; it is released before another one is loaded.
    while len(_kept) >= (2 if device() == "cpu" else 1):
        del _kept[next(iter(_kept))]
    _kept[key] = model
    return model


def release_models() -> None:
    """Releases the loaded models and the GPU's memory: another process needs it."""
    _kept.clear()
    if "torch" not in sys.modules:
        return
    import torch

    if torch.cuda.is_initialized():
        gc.collect()
        torch.cuda.empty_cache()
