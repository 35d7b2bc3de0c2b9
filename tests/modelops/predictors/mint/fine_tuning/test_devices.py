"""How device failures are reported; none can be made here, so torch's own words are raised."""

import pytest
import torch

from modelops.learning.recipe import Recipe
from modelops.predictors.hardware import DeviceError
from modelops.predictors.mint.fine_tuning.devices import device_errors, in_bfloat16

GPU, PROCESSOR = torch.device("cuda:0"), torch.device("cpu")


@pytest.mark.parametrize(
    "error",
    [
        torch.AcceleratorError("CUDA error: the launch timed out and was terminated"),
        RuntimeError("CUDA error: device-side error\nCUDA kernel errors might be reported"),
        RuntimeError("No CUDA GPUs are available"),
        RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    ],
)
def test_a_gpu_that_disappears_is_named_with_the_fix(error: Exception) -> None:
    with (
        pytest.raises(DeviceError, match=r"the GPU no longer answers.*nvidia-smi"),
        device_errors(GPU, Recipe()),
    ):
        raise error


def test_full_memory_asks_for_smaller_batches_that_train_the_same() -> None:
    recipe = Recipe(batch_size=8, accumulation=2)
    with (
        pytest.raises(DeviceError, match=r"batches of 8; .*batch_size=4 accumulation=4"),
        device_errors(GPU, recipe),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


@pytest.mark.parametrize(
    "error",
    [
        torch.AcceleratorError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    ],
)
def test_full_memory_has_other_names_than_a_lost_gpu(error: Exception) -> None:
    with (
        pytest.raises(DeviceError, match="memory of cuda:0 is too small"),
        device_errors(GPU, Recipe()),
    ):
        raise error


def test_a_batch_of_one_image_cannot_be_smaller() -> None:
    words = (
        "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
    )
    with (
        pytest.raises(DeviceError, match="memory of cpu is too small for batches of 1; freeze"),
        device_errors(PROCESSOR, Recipe(batch_size=1)),
    ):
        raise RuntimeError(words)


def test_a_mistake_of_ours_is_not_the_device_s() -> None:
    with (
        pytest.raises(RuntimeError, match="mat1 and mat2") as caught,
        device_errors(GPU, Recipe()),
    ):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    assert not isinstance(caught.value, DeviceError)


def test_a_gpu_computes_in_bfloat16_unless_told_otherwise() -> None:
    assert in_bfloat16(GPU, Recipe())
    assert not in_bfloat16(PROCESSOR, Recipe())
    assert not in_bfloat16(GPU, Recipe(precision="float32"))
    assert in_bfloat16(PROCESSOR, Recipe(precision="bfloat16"))
