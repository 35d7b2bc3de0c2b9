"""Predictors of other kinds than MINT-IQA's, as far as they are registered."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.rows import Figure, NotMeasuredError, attempted, row
from modelops.predictors.hardware import native_precision
from modelops.predictors.mint.checkpoint import TINY_FOLDER
from modelops.predictors.mint.modeling import quiet
from modelops.predictors.registry import PREDICTORS

_MEASURED_ELSEWHERE = ("tiny", "vit-g")


@row("second", minutes=0.8, gib=6)
def other_kinds(bench: Bench) -> Iterator[Figure]:
    """Predictors of other kinds, from 512 px PNG files"""
    others = [name for name in PREDICTORS if name not in _MEASURED_ELSEWHERE]
    if not others:
        raise NotMeasuredError("no other kind of predictor is registered")
    for name in others:
        yield from attempted(partial(_rate, bench, name), name)


def _rate(bench: Bench, name: str) -> Iterator[Figure]:
    kind, weights = PREDICTORS[name], ""
    if not kind.bundled:
        if name not in WEIGHTS:
            raise NotMeasuredError("its weights are not bundled, and none are made for it here")
        weights = str(WEIGHTS[name](bench, bench.folder / name))
    precision = native_precision(bench.device)
    embedder = kind.start(weights, device=str(bench.device), precision=precision)
    items = bench.many()[: bench.sizes.images // 2]
    images: Any = [item.image for item in items]
    prompts = [item.prompt for item in items]
    embedder.embed(images[:8], prompts[:8])
    bench.forget_peak()
    took = bench.once(lambda: embedder.embed(images, prompts))
    rate = round(len(items) / took, 1)
    yield {"what": precision, "images_per_second": rate, "peak_gib": bench.peak()}


def _clip(bench: Bench, folder: Path) -> Path:
    """CLIP with ViT-B/16, or two small layers, with random weights and the tiny preset's words."""
    from transformers import CLIPConfig, CLIPModel

    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
             "num_attention_heads": 2}  # fmt: skip
    tower = {} if bench.full else small
    torch.manual_seed(0)
    sizes = CLIPConfig(vision_config={**tower, "patch_size": 16}, text_config=tower)
    with quiet():
        CLIPModel(sizes).save_pretrained(folder)
    shutil.copy(TINY_FOLDER / "tokenizer.json", folder)
    settings = {
        "image_processor_type": "CLIPImageProcessor",
        "size": {"shortest_edge": 224},
        "crop_size": {"height": 224, "width": 224},
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    (folder / "tokenizer_config.json").write_text(json.dumps({"pad_token": "[PAD]"}))
    return folder


#: How to make weights of the published size for a kind that bundles none, by its name.
WEIGHTS: Mapping[str, Callable[[Bench, Path], Path]] = {"image-text": _clip}
