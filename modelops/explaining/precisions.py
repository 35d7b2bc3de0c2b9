"""Compares scores in each precision that this machine computes in with the released code's.

Scoring embeds by `predictors.mint.trunk`, whose products are narrower than the released code's
where a device is faster so. Of the folder that `verification` reads, pooled embeddings and scores
are compared, each with the tolerance of the precision (docs/performance.md).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..predictors.mint import float8
from ..predictors.mint.configuration import PERSPECTIVES
from ..predictors.mint.conversion import load_official
from ..predictors.mint.preprocessing import PIXEL_MEAN, PIXEL_STD
from ..predictors.mint.trunk import FrozenTrunk, Products, Widths
from .verification import Check, Reference, read_reference

_FULL, _HALF = torch.float32, torch.bfloat16


class _Way(NamedTuple):
    """How a precision computes, where, and how far it may be from the released code: of an
    embedding's length, and of the scale of scores. bfloat16 rounds by up to 2⁻⁹, float8 by 2⁻⁴."""

    name: str
    device: str
    widths: Widths
    products: Products | None
    embedding: float
    score: float


def verify_precisions(folder: str | Path) -> list[Check]:
    """Two checks for each precision: the mean query embedding, as a share of its length, and the
    scores. Raises as `verification.verify_folder`."""
    reference = read_reference(Path(folder))
    if not _comparable(reference):
        return []  # `verify_folder` says so, tensor by tensor
    prompt = reference.text("text")
    expected = reference.expected["query_embeds"].mean(dim=1)
    scores = torch.stack([reference.expected[name] for name in PERSPECTIVES], dim=1)
    checks = []
    for way in _ways():
        model = nn.Module.to(load_official(reference.folder), torch.device(way.device))
        trunk = FrozenTrunk(model, way.widths, way.products, processor=way.device == "cpu")
        with torch.inference_mode():
            given = (_as_bytes(reference.pixels), prompt.ids, prompt.mask)
            found = trunk(*(it.to(way.device) for it in given))
            said = model.score_pooled(found).cpu()
        difference = (found.cpu() - expected).norm(dim=1) / expected.norm(dim=1)
        checks += [
            Check(f"{way.name}: embedding", float(difference.max()), way.embedding),
            Check(f"{way.name}: scores", float((said - scores).abs().max()), way.score),
        ]
    return checks


def _comparable(reference: Reference) -> bool:
    images = len(reference.pixels)
    shapes = {reference.expected[name].shape for name in PERSPECTIVES}
    return shapes == {(images,)} and reference.expected["query_embeds"].ndim == 3


def _ways() -> Iterator[_Way]:
    yield _Way("float32", "cpu", Widths(_FULL, _FULL), None, 1e-5, 1e-5)
    yield _Way("bfloat16 on a processor", "cpu", Widths(_HALF, _FULL), None, 4 * 2**-9, 0.005)
    if torch.cuda.is_available():
        half = Widths(_HALF, _HALF)
        yield _Way("bfloat16 on a GPU", "cuda", half, None, 8 * 2**-9, 0.005)
        if not float8.unsupported(torch.device("cuda")):
            yield _Way("fp8 on a GPU", "cuda", half, float8.linear, 2**-4, 0.01)


def _as_bytes(normalised: Tensor) -> Tensor:
    """(B, 3, S, S) from 0 to 255, which the trunk normalises again."""
    mean, std = (torch.tensor(each).view(3, 1, 1) for each in (PIXEL_MEAN, PIXEL_STD))
    return (normalised * std + mean) * 255
