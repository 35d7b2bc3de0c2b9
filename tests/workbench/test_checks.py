"""Settings that are wrong are named at start."""

import pytest
from pytest_django import Settings

from workbench.checks import model_precision_is_known


@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16"])
def test_a_known_precision_passes(settings: Settings, precision: str) -> None:
    settings.MODEL_PRECISION = precision
    assert model_precision_is_known(None) == []


def test_an_unknown_precision_is_named_with_the_mend(settings: Settings) -> None:
    settings.MODEL_PRECISION = "float8"
    (error,) = model_precision_is_known(None)
    assert "'float8'" in error.msg
    assert "float32" in str(error.hint)
