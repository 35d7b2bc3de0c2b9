"""Products in float8 against plain float64 arithmetic, and the check that decides on their use."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from modelops.predictors.base import Verdict
from modelops.predictors.mint import float8
from modelops.predictors.mint.checkpoint import LoadedModel
from modelops.predictors.mint.embedder import MintEmbedder
from modelops.predictors.mint.engine import Engine, Item

HALF = torch.bfloat16


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def nearest_e4m3(value: float) -> float:
    """By the definition: sign, 4 bits of exponent with bias 7, 3 of fraction; ties to even."""
    if value == 0:
        return 0.0
    exponent = max(math.floor(math.log2(abs(value))), -6)
    step = 2.0 ** (exponent - 3)
    return math.copysign(min(round(abs(value) / step) * step, 448.0), value)


def test_a_row_fills_the_range_and_is_rounded_to_the_nearest() -> None:
    values = torch.cat([drawn(3, 40) * torch.tensor([[1e-3], [1.0], [1e4]]), torch.zeros(1, 40)])
    found, scale = float8.rows_scaled(values)
    assert found.dtype == torch.float8_e4m3fn
    assert scale.shape == (4, 1)
    assert found.float().abs().amax(dim=1).tolist() == [448, 448, 448, 0]
    for row, kept, each in zip(
        values.tolist(), found.float().tolist(), scale.tolist(), strict=True
    ):
        # The division is float32's, so that a tie may fall to either side.
        for value, number in zip(row, kept, strict=True):
            wanted = [nearest_e4m3(value / each[0] * (1 + off)) for off in (-1e-6, 0, 1e-6)]
            assert number in wanted


@pytest.mark.parametrize("biased", [True, False])
def test_a_product_is_that_of_the_rounded_rows(biased: bool) -> None:
    weight, bias = drawn(32, 48).to(HALF), drawn(32, seed=2).to(HALF) if biased else None
    given = drawn(2, 5, 48, seed=3).to(HALF)
    found = float8.Float8Linear(weight, bias)(given)
    assert found.shape == (2, 5, 32)
    assert found.dtype == HALF
    (x, sx), (w, sw) = (float8.rows_scaled(it.reshape(-1, 48)) for it in (given, weight))
    expected = (x.double() * sx.double()) @ (w.double() * sw.double()).T
    if bias is not None:
        expected = expected + bias.double()
    torch.testing.assert_close(found.double().reshape(10, 32), expected, rtol=2**-8, atol=1e-4)
    # Against what was not rounded: numbers off by 2⁻⁴ at most, and by chance in both directions.
    exact = given.double().reshape(10, 48) @ weight.double().T
    exact = exact if bias is None else exact + bias.double()
    assert 0 < (found.double().reshape(10, 32) - exact).norm() / exact.norm() < 2**-4


def test_sides_that_a_gpu_cannot_multiply_stay_as_they_are() -> None:
    weight, given = drawn(20, 48).to(HALF), drawn(3, 48).to(HALF)
    assert torch.equal(float8.linear(weight, None)(given), given @ weight.T)
    assert isinstance(float8.linear(drawn(32, 48), None), float8.Float8Linear)


def test_a_processor_has_no_float8() -> None:
    assert float8.unsupported(torch.device("cpu")) == "cpu does not multiply in float8"


def test_a_row_does_not_depend_on_the_others() -> None:
    layer, given = float8.Float8Linear(drawn(32, 48), None), drawn(6, 48, seed=5)
    given[0] *= 1e4
    torch.testing.assert_close(layer(given)[1:], layer(given[1:]), rtol=1e-6, atol=1e-6)


def scores_off(by: float, images: int = 40) -> Verdict | None:
    half = drawn(images, 6).numpy()
    eighth = half.copy()
    eighth[0] += by  # one image alone, for both perspectives: the scores move by 0.06 · by
    return float8.measured(half, eighth, torch.full((2, 6), 0.01), torch.tensor([0.5, 0.4]))


def test_a_check_passes_up_to_a_hundredth_of_the_scale() -> None:
    assert scores_off(0.0).passed  # type: ignore[union-attr]
    near = scores_off(0.001)
    assert near is not None
    assert near.passed
    assert "on 40 images SRCC with bfloat16 is 1.00000" in near.reason
    far = scores_off(0.5)
    assert far is not None
    assert not far.passed
    assert "largest difference 0.0300 of the scale (at most 0.01)" in far.reason


def test_a_check_fails_if_the_order_changes() -> None:
    half = np.linspace(0, 1e-3, 40, dtype=np.float32)[:, None]
    verdict = float8.measured(half, half[::-1].copy(), torch.ones(1, 1), torch.zeros(1))
    assert verdict is not None
    assert not verdict.passed
    assert "SRCC with bfloat16 is -1.00000" in verdict.reason


def test_too_few_images_and_constant_scores_decide_nothing() -> None:
    assert scores_off(0.0, images=31) is None
    half = drawn(40, 6).numpy()
    assert float8.measured(half, half, torch.zeros(1, 6), torch.zeros(1)) is None


def test_a_model_in_float8_stays_near_the_one_in_bfloat16(
    loaded: LoadedModel, image_files: list[Path]
) -> None:
    # Of its blocks' layers those of attention are multiples of 16 wide.
    items = [Item(path, f"prompt {place}") for place, path in enumerate(image_files)]
    half = Engine(loaded, precision="bfloat16").embed(items).values
    eighth = Engine(loaded, precision="fp8").embed(items).values
    assert 0 < np.linalg.norm(eighth - half) / np.linalg.norm(half) < 2**-4


def test_an_embedder_checks_itself_by_its_heads(
    loaded: LoadedModel, image_files: list[Path]
) -> None:
    embedder = MintEmbedder(loaded, "bfloat16")
    images, prompts = image_files * 7, [f"prompt {number}" for number in range(35)]
    verdict = embedder.check_float8(images, prompts)
    assert verdict is not None
    assert "on 35 images" in verdict.reason
    assert set(embedder._engines) == {"bfloat16", "fp8"}
    assert embedder.engine is embedder._engines["bfloat16"]
    embedder.float8 = True
    assert embedder.engine is embedder._engines["fp8"]
    with torch.no_grad():
        loaded.model.set_head_weights(torch.zeros(3, 12), torch.zeros(3))
    assert embedder.check_float8(images, prompts) is None


def test_full_memory_decides_nothing(
    loaded: LoadedModel,
    image_files: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(_weight: Tensor, _bias: Tensor | None) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    monkeypatch.setattr(float8, "linear", full)
    embedder = MintEmbedder(loaded, "bfloat16")
    assert embedder.check_float8(image_files * 7, ["cat"] * 35) is None
    assert "float8 is not checked: cpu has no room for its weights" in caplog.text
    assert embedder.check_float8(image_files, ["cat"] * 5) is None  # too few, so not tried


def test_torch_s_own_product_gives_the_same() -> None:
    """The call that a GPU gets; torch computes it on a processor, too."""
    layer = float8.Float8Linear(drawn(32, 48).to(HALF), drawn(32, seed=2).to(HALF))
    rows = float8.rows_scaled(drawn(5, 48, seed=3).to(HALF))
    torch.testing.assert_close(layer._by_gpu(*rows), layer._by_hand(*rows), rtol=2**-7, atol=1e-3)


@pytest.mark.parametrize(
    ("capability", "fails", "why"),
    [
        ((8, 0), None, "a GPU of compute capability 8.0 does not multiply in float8"),
        ((12, 0), RuntimeError("CUBLAS_STATUS_NOT_SUPPORTED\nCompile with"), "NOT_SUPPORTED"),
        ((9, 0), None, ""),
    ],
)
def test_a_gpu_without_scales_by_row_is_told_why(
    monkeypatch: pytest.MonkeyPatch,
    capability: tuple[int, int],
    fails: RuntimeError | None,
    why: str,
) -> None:
    def layer(_weight: Tensor, _bias: None) -> Callable[[Tensor], Tensor]:
        if fails:
            raise fails
        return lambda given: given

    ones = torch.ones(16, 16)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda _: None)
    monkeypatch.setattr(torch, "ones", lambda *_, **__: ones)
    monkeypatch.setattr(float8, "Float8Linear", layer)
    found = float8.unsupported(torch.device("cuda"))
    assert why in found
    assert "\n" not in found
    assert (found == "") == (why == "")
