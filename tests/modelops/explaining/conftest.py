"""The small stage 1 that the stage 2 of these tests goes with."""

from tests.modelops.predictors.mint.conftest import (
    image_files,
    loaded,
    small_config,
    small_model,
    tokenizer_folder,
)

__all__ = ["image_files", "loaded", "small_config", "small_model", "tokenizer_folder"]
