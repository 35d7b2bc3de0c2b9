"""Both stages of a model version in this process: loaded when first needed, and kept as long as
`predictors.store` keeps the version."""

from typing import TYPE_CHECKING, Protocol, runtime_checkable
from weakref import WeakKeyDictionary

from django.conf import settings

from ..learning.errors import LearningError
from ..predictors.base import Embedder
from ..predictors.devices import device, precision
from ..predictors.store import VersionModel

if TYPE_CHECKING:
    import torch

    from ..predictors.mint.checkpoint import LoadedModel
    from .pipeline import ExplanationPipeline

_pipelines: "WeakKeyDictionary[VersionModel, ExplanationPipeline]" = WeakKeyDictionary()


@runtime_checkable
class Explainable(Protocol):
    """A backbone that stage 2 continues from."""

    @property
    def loaded(self) -> "LoadedModel":
        """Stage 1: what it sees of an image is what stage 2 is told."""


def stage1_of(backbone: Embedder) -> "LoadedModel":
    """Raises LearningError if stage 2 cannot continue from `backbone`."""
    if not isinstance(backbone, Explainable):
        raise LearningError(
            f"stage 2 cannot continue from a backbone of type {type(backbone).__name__}: "
            "it holds no MINT-IQA; train without explanations"
        )
    return backbone.loaded


def pipeline_of(model: VersionModel) -> "ExplanationPipeline":
    """Both stages of `model`, which must be of a version that explains.

    Raises CheckpointError or TokenizerError, or LearningError if stage 2 cannot continue from its
    backbone.
    """
    from .checkpoint import load_explainer
    from .pipeline import ExplanationPipeline

    if model not in _pipelines:
        explainer = load_explainer(model.folder, device=device(), dtype=explainer_dtype())
        _pipelines[model] = ExplanationPipeline(stage1_of(model.backbone), explainer)
    return _pipelines[model]


def explainer_dtype() -> "torch.dtype":
    """The precision of stage 2: entirely bfloat16 on a GPU, where it would not fit otherwise, and
    if MODEL_PRECISION says so; float32 elsewhere."""
    import torch

    half = precision() == "bfloat16" and (device() != "cpu" or settings.MODEL_PRECISION != "auto")
    return torch.bfloat16 if half else torch.float32
