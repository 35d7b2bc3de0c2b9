"""Images and prompts to a batch."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from modelops.predictors.errors import UnreadableImageError
from modelops.predictors.mint.checkpoint import LoadedModel
from modelops.predictors.mint.embedder import MintEmbedder
from tests.modelops.predictors.mint.plainly import score_image


def test_an_image_in_memory_is_scored_like_its_file(
    loaded: LoadedModel, image_files: list[Path]
) -> None:
    with Image.open(image_files[1]) as image:
        assert score_image(loaded, image, "cat") == score_image(loaded, image_files[1], "cat")


def test_an_unreadable_image_is_named(loaded: LoadedModel, tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r"gone\.png"):
        loaded.processor([tmp_path / "gone.png"], ["x"])


def test_each_image_needs_its_prompt(loaded: LoadedModel, image_files: list[Path]) -> None:
    with pytest.raises(ValueError, match="5 images and 1 prompts"):
        loaded.processor(image_files, ["one"])


def test_embedding_leaves_no_gradients(loaded: LoadedModel, image_files: list[Path]) -> None:
    MintEmbedder(loaded).embed(image_files[:1], ["a red cat"])
    assert all(parameter.grad is None for parameter in loaded.model.parameters())
    assert torch.is_grad_enabled()
