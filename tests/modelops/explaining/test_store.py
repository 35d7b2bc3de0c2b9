"""The precision of stage 2 in this process."""

import pytest
import torch
from pytest_django.fixtures import Settings

from modelops.explaining.store import explainer_dtype, stage1_of
from modelops.explaining.training_service import stage2_of
from modelops.learning.errors import LearningError
from modelops.predictors.base import Stage2
from modelops.predictors.registry import PREDICTORS
from tests.modelops.runs.test_dummies import Colours, ColoursKind


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


class TellingColours(ColoursKind):
    stage2 = Stage2(epochs=1, batch_size=1, learning_rate=1e-3, turn_size=7)


def test_a_kind_that_explains_brings_all_that_is_of_its_own() -> None:
    with PREDICTORS.registered(TellingColours()):
        assert stage2_of("colours").turn_size == 7
    with (
        PREDICTORS.registered(ColoursKind()),
        pytest.raises(LearningError, match="'colours' cannot explain"),
    ):
        stage2_of("colours")


def test_a_backbone_that_stage_two_cannot_continue_from_is_named() -> None:
    with pytest.raises(LearningError, match="cannot continue from a backbone of type Colours"):
        stage1_of(Colours())
