"""Our methods against sureal 0.9.0 on public subjective tests."""

import numpy as np
import pytest

from .panel import estimated, golden

#: Our name and sureal's.
METHODS = (("mos", "mos"), ("bias_removed", "bias_removed_mos"))
SETS = ("nflx_public", "nflx_public_last4outliers", "quality_variation_2017_agh_tv")


@pytest.mark.parametrize("data", SETS)
@pytest.mark.parametrize(("name", "theirs"), METHODS)
def test_scores_and_standard_errors_agree(name: str, theirs: str, data: str) -> None:
    panel, expected = golden(data)
    found, known = estimated(name, panel), expected[theirs]
    np.testing.assert_allclose(found.value, known["quality_scores"], rtol=1e-6)
    np.testing.assert_allclose(
        found.standard_error, known["quality_scores_std"], rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("data", SETS)
def test_biases_agree(data: str) -> None:
    panel, expected = golden(data)
    found = estimated("bias_removed", panel)
    np.testing.assert_allclose(
        found.subjects.bias, expected["bias_removed_mos"]["observer_bias"], rtol=1e-6, atol=1e-9
    )
