"""Scales that cannot be shown, or whose ends cannot be given, are refused."""

import pytest

from annotation.protocol.errors import ProtocolError
from annotation.protocol.scales import SCALES, Scale


@pytest.mark.parametrize(
    ("kind", "maximum", "step"),
    [
        ("mine", 100, 1e-9),
        ("mine", 100, 1),  # 101 buttons
        ("slider", 100, 0.001),  # 100,001 positions
        ("slider", 5, 0.3),  # 16.67 steps: 5 cannot be given
    ],
)
def test_a_step_that_does_not_fit_is_refused_by_name(
    kind: str, maximum: float, step: float
) -> None:
    with pytest.raises(ProtocolError, match=f"scale {kind}: steps of {step:g} do not divide"):
        Scale(kind, 0, maximum, step)


def test_the_scales_of_the_field_are_not_refused() -> None:
    levels = {kind: scale.levels for kind, scale in SCALES.items()}
    assert levels == {"acr5": 5, "slider5": 501, "slider100": 101, "acr11": 11}
