"""Both stages of a model version in this process: loaded when first needed, and kept as long as
`predictors.store` keeps the version."""

from typing import TYPE_CHECKING, cast
from weakref import WeakKeyDictionary

from django.conf import settings

from ..predictors.devices import device, precision
from ..predictors.store import VersionModel

if TYPE_CHECKING:
    import torch

    from ..predictors.mint.embedder import MintEmbedder
    from .pipeline import ExplanationPipeline

_pipelines: "WeakKeyDictionary[VersionModel, ExplanationPipeline]" = WeakKeyDictionary()


def pipeline_of(model: VersionModel) -> "ExplanationPipeline":
    """Both stages of `model`, which must be of a version that explains.

    Raises CheckpointError or TokenizerError.
    """
    from .checkpoint import load_explainer
    from .pipeline import ExplanationPipeline

    if model not in _pipelines:
        explainer = load_explainer(model.folder, device=device(), dtype=explainer_dtype())
        _pipelines[model] = ExplanationPipeline(
            cast("MintEmbedder", model.backbone).loaded, explainer
        )
    return _pipelines[model]


def explainer_dtype() -> "torch.dtype":
    """The precision of stage 2: entirely bfloat16 on a GPU, where it would not fit otherwise, and
    if MODEL_PRECISION says so; float32 elsewhere."""
    import torch

    half = precision() == "bfloat16" and (device() != "cpu" or settings.MODEL_PRECISION != "auto")
    return torch.bfloat16 if half else torch.float32
