"""Batches of files with a bad one among them, and one image all the way."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from modelops.mint import (
    Item,
    LoadedModel,
    UnreadableImageError,
    embed_batches,
    score_image,
)


@pytest.fixture
def items(image_files: list[Path]) -> list[Item]:
    return [Item(path, f"prompt {number}") for number, path in enumerate(image_files)]


def test_embeddings_do_not_depend_on_the_batch(loaded: LoadedModel, items: list[Item]) -> None:
    whole = embed_batches(loaded, items, batch_size=5).values
    single = embed_batches(loaded, items, batch_size=1).values
    assert whole.shape == (5, 12)
    assert whole.dtype == np.float32
    np.testing.assert_allclose(whole, single, atol=1e-5)


def test_embeddings_and_heads_give_the_scores(loaded: LoadedModel, items: list[Item]) -> None:
    values = embed_batches(loaded, items).values
    weight, bias = (tensor.numpy() for tensor in loaded.model.head_weights())
    one = score_image(loaded, *items[3])
    np.testing.assert_allclose(values[3] @ weight.T + bias, list(one.values()), atol=1e-5)


def test_an_unreadable_image_costs_its_own_row_only(
    loaded: LoadedModel, items: list[Item], tmp_path: Path
) -> None:
    good = embed_batches(loaded, items).values
    bad = tmp_path / "broken.jpg"
    bad.write_bytes(b"\xff\xd8\xff\xe0 no more")
    mixed = embed_batches(loaded, [*items[:2], Item(bad, "x"), *items[2:]], batch_size=3)
    assert list(mixed.errors) == [2]
    assert "broken.jpg" in str(mixed.errors[2])
    assert np.isnan(mixed.values[2]).all()
    np.testing.assert_allclose(np.delete(mixed.values, 2, axis=0), good, atol=1e-5)


def test_a_batch_of_nothing_but_bad_images_is_all_errors(
    loaded: LoadedModel, tmp_path: Path
) -> None:
    absent = [Item(tmp_path / f"{number}.png", "x") for number in range(3)]
    found = embed_batches(loaded, absent, batch_size=2)
    assert set(found.errors) == {0, 1, 2}
    assert np.isnan(found.values).all()


def test_no_items_give_no_rows(loaded: LoadedModel) -> None:
    assert embed_batches(loaded, []).values.shape == (0, 12)


def test_progress_is_told_after_each_batch(loaded: LoadedModel, items: list[Item]) -> None:
    told: list[tuple[int, int]] = []
    embed_batches(
        loaded, items, batch_size=2, progress=lambda done, all_: told.append((done, all_))
    )
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_an_image_in_memory_is_scored_like_its_file(
    loaded: LoadedModel, image_files: list[Path]
) -> None:
    with Image.open(image_files[1]) as image:
        assert score_image(loaded, image, "cat") == score_image(loaded, image_files[1], "cat")


def test_scoring_one_unreadable_image_names_it(loaded: LoadedModel, tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r"gone\.png"):
        score_image(loaded, tmp_path / "gone.png", "x")


def test_each_image_needs_its_prompt(loaded: LoadedModel, image_files: list[Path]) -> None:
    with pytest.raises(ValueError, match="5 images and 1 prompts"):
        loaded.processor(image_files, ["one"])


def test_scoring_leaves_no_gradients(loaded: LoadedModel, items: list[Item]) -> None:
    embed_batches(loaded, items)
    score_image(loaded, *items[0])
    assert all(parameter.grad is None for parameter in loaded.model.parameters())
    assert torch.is_grad_enabled()
