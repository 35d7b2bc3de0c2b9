"""The embeddings of CLIP and SigLIP are those of transformers' own processors and models."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

from modelops.predictors.hardware import DeviceError
from modelops.predictors.image_text.embedder import ImageTextEmbedder
from modelops.predictors.image_text_kind import IMAGE_TEXT

PROMPTS = ["a red circle", "a red circle", "prompt 1", "", "two blue squares 0 1 2 3 4 5 6 7 8 9"]


def start(folder: Path, precision: Any = "float32") -> ImageTextEmbedder:
    return IMAGE_TEXT.start(str(folder), device="cpu", precision=precision)


def by_transformers(folder: Path, images: list[Path]) -> tuple[torch.Tensor, torch.Tensor]:
    """Pooled embeddings of images and prompts, one by one, as the library's documentation goes."""
    model, tokenizer = AutoModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    processor = AutoImageProcessor.from_pretrained(folder)
    padding = {"padding": "max_length"} if "siglip" in model.config.model_type else {}
    found = []
    with torch.inference_mode():
        for path, prompt in zip(images, PROMPTS, strict=True):
            pixels = processor(images=Image.open(path).convert("RGB"), return_tensors="pt")
            tokens = tokenizer(prompt, truncation=True, return_tensors="pt", **padding)
            if padding:
                del tokens["attention_mask"]  # SigLIP reads its padding
            found.append(
                (
                    model.get_image_features(**pixels).pooler_output[0],
                    model.get_text_features(
                        **{k: v for k, v in tokens.items() if k != "token_type_ids"}
                    ).pooler_output[0],
                )
            )
    image, text = (torch.stack(part) for part in zip(*found, strict=True))
    return image, text


def test_an_embedding_is_the_image_s_the_prompt_s_and_their_product(
    folder: Path, images: list[Path]
) -> None:
    image, text = by_transformers(folder, images)
    width = image.shape[1]

    found = torch.from_numpy(start(folder).embed(images, PROMPTS).values)

    ours = found[:, :width], found[:, width : 2 * width]
    for mine, theirs in zip(ours, (image, text), strict=True):
        unit = theirs / theirs.norm(dim=1, keepdim=True)
        torch.testing.assert_close(mine, unit * width**0.5, atol=1e-5, rtol=0)
    # Written out: a feature of the image times the same feature of the prompt.
    torch.testing.assert_close(found[:, 2 * width :], ours[0] * ours[1])
    cosine = torch.nn.functional.cosine_similarity(image, text)
    torch.testing.assert_close(found[:, 2 * width :].mean(dim=1), cosine, atol=1e-5, rtol=0)


def test_siglip_reads_prompts_in_lower_case(folders: dict[str, Path], images: list[Path]) -> None:
    embedder = start(folders["siglip"])
    small, large = (
        embedder.embed(images[:1], [text]).values for text in ("a red circle", "A RED Circle")
    )
    assert (small == large).all()


def test_half_the_width_changes_little_and_not_its_name(folder: Path, images: list[Path]) -> None:
    whole, half = start(folder), start(folder, "bfloat16")
    assert whole.sha256 == half.sha256
    found, expected = (each.embed(images, PROMPTS).values for each in (half, whole))
    assert not np.array_equal(found, expected)
    assert np.abs(found - expected).max() < 0.15
    assert found.dtype == np.float32


def test_a_strip_is_read_by_its_middle(folders: dict[str, Path], tmp_path: Path) -> None:
    Image.new("RGB", (1, 20_000), "red").save(tmp_path / "strip.png")
    found = start(folders["clip"]).embed([tmp_path / "strip.png"], ["a red circle"])
    assert np.isfinite(found.values).all()


def test_full_memory_halves_the_batch(
    folder: Path, images: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = start(folder)
    expected = embedder.embed(images, PROMPTS).values
    forward, sizes, room = embedder._forward, [], 2

    def small(pixels: torch.Tensor, prompts: list[str]) -> torch.Tensor:
        sizes.append(len(pixels))
        if len(pixels) > room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(pixels, prompts)

    monkeypatch.setattr(embedder, "_forward", small)
    embedder.workers = 1
    assert np.abs(embedder.embed(images, PROMPTS).values - expected).max() < 1e-5
    assert max(sizes) == 5
    room = 0
    with pytest.raises(DeviceError, match="too small for one image at a time"):
        embedder.embed(images, PROMPTS)


def test_a_gpu_s_way_gives_the_same(
    folder: Path, images: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decoding ahead and in larger batches, here on the processor."""
    images[3].write_bytes(b"no image")
    embedder = start(folder)
    expected = embedder.embed(images, PROMPTS)
    monkeypatch.setattr(embedder, "_on_cores", embedder._on_device)
    monkeypatch.setattr("modelops.predictors.image_text.embedder._BATCHES", {"cuda": 2})
    embedder.workers, pools = 3, []

    def pool(workers: int) -> ThreadPoolExecutor:
        pools.append(workers)
        return ThreadPoolExecutor(workers)

    monkeypatch.setattr("modelops.predictors.image_text.embedder.ThreadPoolExecutor", pool)
    found = embedder.embed(images, PROMPTS)
    assert pools == [3]  # all of them decode
    assert list(found.errors) == list(expected.errors) == [3]
    np.testing.assert_allclose(found.values, expected.values, atol=1e-5)
