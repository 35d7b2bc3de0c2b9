"""The precision of stage 2 in this process."""

import pytest
import torch
from pytest_django.fixtures import Settings

from modelops.explaining.store import explainer_dtype


@pytest.mark.parametrize(
    ("where", "how", "width"),
    [
        ("cuda", "float32", torch.float32),
        ("cuda", "bfloat16", torch.bfloat16),
        ("cpu", "bfloat16", torch.bfloat16),
        ("cpu", "auto", torch.float32),
    ],
)
def test_stage_two_is_half_as_wide_if_it_would_not_fit_otherwise(
    settings: Settings, where: str, how: str, width: torch.dtype
) -> None:
    settings.MODEL_DEVICE, settings.MODEL_PRECISION = where, how
    assert explainer_dtype() == width
