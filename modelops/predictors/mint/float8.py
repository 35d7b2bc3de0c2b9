"""Linear layers that multiply in float8 (e4m3), each row of inputs and of weights with a scale of
its own, for GPUs that do so natively.

A row is divided by its largest magnitude over 448, the largest float8; the product of the rows is
multiplied by both scales. e4m3 keeps 4 bits, so each number is off by up to 2⁻⁴ of itself; whether
a model's scores stand that is measured before they are used (`measured`). Elsewhere the same
numbers come from products of what float8 keeps: slowly, for tests.
Source: Micikevicius et al., FP8 formats for deep learning, arXiv 2209.05433.
"""

import logging
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ..base import LARGEST_DIFFERENCE, LEAST_SRCC, Verdict

log = logging.getLogger(__name__)

_WIDTH = torch.float8_e4m3fn
_LARGEST = 448.0
#: Sides that the GPU's products need to be multiples of.
_MULTIPLE = 16
#: Its float8 products by row are far slower if sums go to float32 after every 128 numbers (issue
#: 147971 of pytorch/pytorch); else they have 22 bits, where a number has 8. torch offers the choice
#: for this generation alone.
_HOPPER = 9
#: Images below which a check says little about their order.
FEWEST = 32


def rows_scaled(values: Tensor) -> tuple[Tensor, Tensor]:
    """(N, K) → float8 (N, K) and float32 scales (N, 1), so that values ≈ float8 · scale."""
    values = values.float()
    # A row of zeros has no scale of its own.
    scale = values.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / _LARGEST
    return (values / scale).clamp(-_LARGEST, _LARGEST).to(_WIDTH), scale


class Float8Linear:
    """weight (out, in), bias (out) or None; (…, in) → (…, out) in the width of the weight."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self._weight, self._scale = rows_scaled(weight)
        self._bias, self._out = bias, weight.dtype
        on_gpu = weight.device.type == "cuda"
        self._fast = on_gpu and torch.cuda.get_device_capability(weight.device)[0] == _HOPPER
        self._rows_scaled = _compiled() if on_gpu else rows_scaled
        self._multiply = self._by_gpu if on_gpu else self._by_hand

    def __call__(self, given: Tensor) -> Tensor:
        flat, scale = self._rows_scaled(given.reshape(-1, given.shape[-1]))
        return self._multiply(flat, scale).view(*given.shape[:-1], -1)

    def _by_gpu(self, flat: Tensor, scale: Tensor) -> Tensor:
        rowwise = functional.ScalingType.RowWise
        return functional.scaled_mm(
            flat, self._weight.t(), scale, rowwise, self._scale.t(), rowwise,
            bias=self._bias, output_dtype=self._out, use_fast_accum=self._fast,
        )  # fmt: skip

    def _by_hand(self, flat: Tensor, scale: Tensor) -> Tensor:
        product = (flat.float() @ self._weight.float().t()) * scale * self._scale.t()
        return (product if self._bias is None else product + self._bias.float()).to(self._out)


def linear(weight: Tensor, bias: Tensor | None) -> Callable[[Tensor], Tensor]:
    """In float8, or as it is if its sides do not suit a GPU's products."""
    if any(side % _MULTIPLE for side in weight.shape):
        return lambda given: functional.linear(given, weight, bias)
    return Float8Linear(weight, bias)


def unsupported(device: torch.device) -> str:
    """Why that device cannot multiply rows in float8; empty if it can."""
    if device.type != "cuda":
        return f"{device} does not multiply in float8"
    major, minor = torch.cuda.get_device_capability(device)
    if (major, minor) < (8, 9):
        return f"a GPU of compute capability {major}.{minor} does not multiply in float8 (from 8.9)"
    try:
        # Newer GPUs may lack scales by row until torch's libraries have them.
        ones = torch.ones(_MULTIPLE, _MULTIPLE, device=device, dtype=torch.bfloat16)
        Float8Linear(ones, None)(ones)
        torch.cuda.synchronize(device)
    except (RuntimeError, AttributeError) as error:
        return f"torch {torch.__version__} on this GPU: {str(error).partition(chr(10))[0]}"
    return ""


def measured(
    half: NDArray[np.float32], eighth: NDArray[np.float32], weight: Tensor, bias: Tensor
) -> Verdict | None:
    """Whether scores from float8 (`eighth`) agree with those from bfloat16 (`half`), both pooled
    embeddings (N, D), by heads w (P, D), b (P,): SRCC and largest difference of each perspective.

    None if that cannot be said: too few images, or heads that were never trained.
    """
    from scipy.stats import spearmanr  # not where speed is measured with torch alone

    rows = np.isfinite(half).all(axis=1) & np.isfinite(eighth).all(axis=1)
    w, b = (it.detach().double().cpu().numpy() for it in (weight, bias))
    first, second = (values[rows].astype(np.float64) @ w.T + b for values in (half, eighth))
    if len(first) < FEWEST or (np.ptp(first, axis=0) == 0).any():
        return None
    srcc = min(float(spearmanr(a, c).statistic) for a, c in zip(first.T, second.T, strict=True))
    largest = float(np.abs(first - second).max())
    passed = srcc >= LEAST_SRCC and largest <= LARGEST_DIFFERENCE
    return Verdict(
        passed,
        f"on {len(first)} images SRCC with bfloat16 is {srcc:.5f} (at least {LEAST_SRCC}) and the "
        f"largest difference {largest:.4f} of the scale (at most {LARGEST_DIFFERENCE})",
        images=len(first),
        srcc=srcc,
        difference=largest,
    )


_kept_compiled: Callable[[Tensor], tuple[Tensor, Tensor]] | None = None


def _compiled() -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """`rows_scaled` as one kernel, if torch can make it; as several it reads a row five times."""
    global _kept_compiled  # noqa: PLW0603  # made once in a process: it takes seconds
    if _kept_compiled is None:
        _kept_compiled = torch.compile(rows_scaled, dynamic=True)
        try:
            _kept_compiled(torch.ones(_MULTIPLE, _MULTIPLE, device="cuda", dtype=torch.bfloat16))
        except Exception as error:  # noqa: BLE001  # whatever a compiler raises
            log.warning("float8 scales are computed without made code, which is slower: %s", error)
            _kept_compiled = rows_scaled
    return _kept_compiled
