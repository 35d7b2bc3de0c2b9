"""The published size with random weights: the memory that it takes, and how long.

Each part runs in a process of its own, so that the most it held is its own.
"""

import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM, default_perspectives
from annotation.protocol.questions import Questions
from benchmarks.machine import free_gib
from benchmarks.model_training import seconds_per_step, trunk_cache
from modelops.explaining.checkpoint import Explainer
from modelops.explaining.configuration import explainer_preset_config
from modelops.explaining.model import GREEDY, Decoding, MintIQAExplainer
from modelops.explaining.pipeline import ExplanationPipeline
from modelops.explaining.tiny_language import tiny_language_tokenizer
from modelops.predictors.hardware import processor_cores
from modelops.predictors.mint.checkpoint import TINY_FOLDER, LoadedModel, load_model
from modelops.predictors.mint.engine import Item
from modelops.predictors.mint.modeling import MintIQAModel, with_bfloat16_products
from modelops.predictors.mint.presets import preset_config
from modelops.predictors.mint.processing import MintIQAProcessor
from modelops.predictors.mint.tokenization import load_tokenizer

#: Of the published model.
QUESTIONS = list(Questions.of(default_perspectives(), AIGCIQA2023_FORM).texts.values())
_GIB = 2**30
#: What each part takes, with some room to spare, in GiB.
_TRAINING_GIB, _EPOCH_GIB, _ANSWERING_GIB = 14, 20, 19


def full_size_model(device: str = "cpu") -> LoadedModel:
    """Stage 1, drawn on `device`, with the tiny preset's tokenizer."""
    config = preset_config("vit-g")
    config.bos_token = None
    torch.manual_seed(0)
    with torch.device(device):
        model = MintIQAModel(config).requires_grad_(False)
    model.train(False)
    return LoadedModel(
        model, MintIQAProcessor(load_tokenizer(TINY_FOLDER, config), config.image_size)
    )


def full_size_pipeline(device: str) -> ExplanationPipeline:
    """Both stages as a worker holds them on a GPU: stage 1 with bfloat16 products, stage 2 with
    Vicuna-7B's sizes in bfloat16. It never stops on its own, so that tokens can be counted."""
    scores = full_size_model(device)
    scores = LoadedModel(with_bfloat16_products(scores.model), scores.processor)
    config = explainer_preset_config("vit-g")
    config.bos_token = config.language_config.eos_token_id = None
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            model = MintIQAExplainer(config).requires_grad_(False)
    finally:
        torch.set_default_dtype(before)
    return _answering(scores, model)


def tiny_pipeline() -> ExplanationPipeline:
    """Both stages of the tiny preset, stage 2 untrained; it never stops on its own either."""
    torch.manual_seed(0)
    scores, config = load_model("tiny"), explainer_preset_config("tiny")
    config.language_config.eos_token_id = None
    return _answering(scores, MintIQAExplainer(config).requires_grad_(False))


def _answering(scores: LoadedModel, model: MintIQAExplainer) -> ExplanationPipeline:
    model.train(False)
    language = tiny_language_tokenizer(QUESTIONS)
    return ExplanationPipeline(scores, Explainer(model, scores.processor.tokenizer, language))


def training(items: Sequence[Item], folder: Path, steps: int) -> dict[str, Any]:
    """The published recipe's steps of eight images, in bfloat16, nothing kept or recomputed."""
    loaded = full_size_model()
    changes = {"precision": "bfloat16", "trunk_cache": False}
    took = seconds_per_step(loaded, items, folder, "vit-g", steps, **changes)
    return {"seconds_per_step": round(took, 2), "peak_gib": peak_gib("cpu")}


def answering(items: Sequence[Item], tokens: int) -> dict[str, Any]:
    """The four questions about each image, greedily: an image at a time, as the released code
    goes, and all at once."""
    pipeline = full_size_pipeline("cpu")
    inputs = pipeline.scores.processor([it.image for it in items], [it.prompt for it in items])
    decoding = Decoding(tokens, GREEDY.num_beams, GREEDY.repetition_penalty)
    parts = {
        "one_by_one": [slice(row, row + 1) for row in range(len(items))],
        "batched": [slice(0, len(items))],
    }
    rates = {}
    pipeline.answer(inputs.rows(slice(0, 1)), QUESTIONS[:1], decoding)  # what is done only once
    for name, slices in parts.items():
        start = time.perf_counter()
        for part in slices:
            pipeline.answer(inputs.rows(part), QUESTIONS, decoding)
        took = time.perf_counter() - start
        rates[name] = round(len(items) * len(QUESTIONS) * tokens / took, 2)
    return {"images": len(items), "tokens_per_second": rates, "peak_gib": peak_gib("cpu")}


def epoch(items: Sequence[Item], folder: Path) -> dict[str, Any]:
    """Steps of the published recipe in bfloat16 with and without the trunk cache, and in float32
    without."""
    return trunk_cache(full_size_model(), items, folder, "vit-g", 1, precision="bfloat16")


def full_size(items: Sequence[Item], folder: Path) -> dict[str, Any]:
    """All parts that fit into memory, on the processor; `benchmarks.gpu` measures a GPU."""
    return {
        "training": _apart(_TRAINING_GIB, training, items[:8], folder, 3),
        "epoch": _apart(_EPOCH_GIB, epoch, items[:24], folder / "trunk-full"),
        "answering": _apart(_ANSWERING_GIB, answering, items[:2], 8),
    }


def _apart(gib: float, work: Callable[..., dict[str, Any]], *given: Any) -> dict[str, Any]:
    """What `work` returns in a new process, or why not if this machine's memory is too small."""
    free = free_gib()
    if free < gib:
        return {"skipped": f"not measured: {free:.0f} GiB free, {gib} are needed"}
    with ProcessPoolExecutor(1, get_context("spawn"), _use_cores) as process:
        return process.submit(work, *given).result()


def _use_cores() -> None:
    torch.set_num_threads(processor_cores())


def peak_gib(device: str) -> float:
    """The most that this process held, of the GPU's memory or of the machine's."""
    if device == "cuda":
        return round(torch.cuda.max_memory_reserved() / _GIB, 1)
    # Not getrusage's, which begins with what the process had that started this one.
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return round(int(peak) * 1024 / _GIB, 1)
