"""Settings that are wrong are named at start."""

import pytest
from pytest_django import Settings

from workbench.checks import model_backbones_are_known, model_precision_is_known


@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16", "fp8"])
def test_a_known_precision_passes(settings: Settings, precision: str) -> None:
    settings.MODEL_PRECISION = precision
    assert model_precision_is_known(None) == []


def test_an_unknown_precision_is_named_with_the_fix(settings: Settings) -> None:
    settings.MODEL_PRECISION = "float8"
    (error,) = model_precision_is_known(None)
    assert "'float8'" in error.msg
    assert "float32" in str(error.hint)


def test_backbones_that_are_offered_pass(settings: Settings) -> None:
    settings.MODEL_BACKBONES = ["tiny", "large=vit-g:/weights"]
    assert model_backbones_are_known(None) == []


def test_a_backbone_that_has_no_weights_of_its_own_needs_some(settings: Settings) -> None:
    settings.MODEL_BACKBONES = ["clip=image-text:/weights/clip", f"s=image-text:a/b@{'0' * 40}"]
    assert model_backbones_are_known(None) == []
    settings.MODEL_BACKBONES = ["clip=image-text"]
    (error,) = model_backbones_are_known(None)
    assert "write NAME=image-text:FOLDER or NAME=image-text:OWNER/NAME@COMMIT" in error.msg


def test_a_backbone_of_no_known_kind_is_named(settings: Settings) -> None:
    settings.MODEL_BACKBONES = ["large=vit-h"]
    (error,) = model_backbones_are_known(None)
    assert error.id == "workbench.E004"
    assert "large=vit-h" in error.msg
    assert "tiny, vit-g" in error.msg
