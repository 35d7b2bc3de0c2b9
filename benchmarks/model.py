"""MINT-IQA's speed against the straightforward way, side by side on the same weights."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.machine import busy_cores, free_gib
from benchmarks.model_backbones import backbones
from benchmarks.model_files import as_stored, enlarged
from benchmarks.model_full import full_size, full_size_model
from benchmarks.model_training import heads_alone, trunk_cache
from benchmarks.model_ways import compared, in_turns, ways_of
from benchmarks.results import table, write
from benchmarks.site import Say
from modelops.explaining.configuration import explainer_preset_config
from modelops.explaining.model import Decoding, MintIQAExplainer, Tokens
from modelops.predictors.hardware import processor_cores
from modelops.predictors.mint.checkpoint import load_model
from modelops.predictors.mint.engine import Item
from workbench.demo.world import build_world

#: Full size in float32, its linear layers in bfloat16 as well, and room to compute.
_FULL_SIZE_GIB = 9
#: Two backbones of a base size in float32.
_LIGHT_GIB = 2


@dataclass(frozen=True)
class Plan:
    """How many images, how often, and which parts."""

    images: int = 128
    rounds: int = 7
    full_size: bool = True
    full_size_images: int = 4
    full_size_rounds: int = 2
    epochs: int = 3
    head_images: int = 2_400
    questions: int = 16


def measure(plan: Plan, say: Say) -> dict[str, Any]:
    """All parts that this machine can run, and why it cannot run the others."""
    torch.set_num_threads(processor_cores())
    with tempfile.TemporaryDirectory(prefix="mint-bench-") as name:
        folder = Path(name)
        say(f"drawing {plan.images} images")
        files = _draw(plan.images, folder)
        scoring = _tiny_scoring(plan, files, say)
        scoring += _full_size_scoring(plan, files["512 px PNG"], say)
        say("training with and without the trunk cache")
        trunk = trunk_cache(
            load_model("tiny"), files["384 px JPEG"], folder / "trunk", "tiny", plan.epochs
        )
        heads = heads_alone(plan.head_images, (160, 768), folder / "heads")
        say("answering questions")
        return {
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
            "scoring": scoring,
            "trunk": trunk,
            "heads": heads,
            "explanations": _explanations(plan.questions),
            "full_size": _full_size(plan, files["512 px PNG"], folder, say),
            "backbones": _backbones(plan, files["512 px PNG"], say),
        }


def _draw(images: int, folder: Path) -> dict[str, list[Item]]:
    """The demo's pictures as they are, as the public databases hold theirs, and as the workbench
    stores those."""
    forms: dict[str, list[Item]] = {"384 px JPEG": [], "512 px PNG": [], "512 px, as stored": []}
    for drawn in build_world(seed=1, images=images):
        small = folder / drawn.filename
        small.write_bytes(drawn.data)
        large = enlarged(small)
        for form, path in zip(forms, (small, large, as_stored(large)), strict=True):
            forms[form].append(Item(path, drawn.prompt))
    return forms


def _tiny_scoring(plan: Plan, files: dict[str, list[Item]], say: Say) -> list[dict[str, Any]]:
    loaded = load_model("tiny")
    ways, rows = ways_of(loaded), []
    for form, items in files.items():
        say(f"tiny: {len(items)} images, {form}")
        found = compared(in_turns(ways, items, plan.rounds), len(items))
        rows += [{"preset": "tiny", "files": form, **row} for row in found]
    return rows


def _full_size_scoring(plan: Plan, items: Sequence[Item], say: Say) -> list[dict[str, Any]]:
    about = {"preset": "vit-g", "files": "512 px PNG"}
    free = free_gib()
    if not plan.full_size or free < _FULL_SIZE_GIB:
        why = f"not measured: {free:.0f} GiB free" if plan.full_size else "not asked for"
        return [{**about, "skipped": why}]
    say(f"vit-g: {plan.full_size_images} images (random weights)")
    few = items[: plan.full_size_images]
    ways = ways_of(full_size_model())
    return [
        {**about, **row} for row in compared(in_turns(ways, few, plan.full_size_rounds), len(few))
    ]


def _full_size(plan: Plan, items: Sequence[Item], folder: Path, say: Say) -> dict[str, Any]:
    if not plan.full_size:
        return {"skipped": "not asked for"}
    say("vit-g: training steps, then both stages answering, on the processor (minutes)")
    return full_size(items, folder)


def _backbones(plan: Plan, items: Sequence[Item], say: Say) -> list[dict[str, Any]]:
    """Nothing if the published one is not asked for, or there is no room for it."""
    if not plan.full_size or free_gib() < _FULL_SIZE_GIB + _LIGHT_GIB:
        return []
    say("vit-g beside light backbones (random weights)")
    return backbones(items[: plan.full_size_images], plan.full_size_rounds)


def _explanations(questions: int) -> dict[str, Any]:
    """Tokens per second of the tiny explanation model, one question at a time and all at once."""
    torch.manual_seed(0)
    config = explainer_preset_config("tiny")
    model = MintIQAExplainer(config).requires_grad_(False)
    model.train(False)
    width = (questions, config.num_query_tokens, config.embedding_size)
    words = config.language_config.vocab_size
    queries, ids = torch.randn(width), torch.randint(words, (questions, 12))
    decoding = Decoding(num_beams=1, repetition_penalty=1.0, max_new_tokens=64)
    rates = {}
    for name, size in (("one_by_one", 1), ("batched", questions)):
        tokens, start = 0, time.perf_counter()
        for first in range(0, questions, size):
            part = slice(first, first + size)
            asked = Tokens(ids[part], torch.ones_like(ids[part]))
            tokens += sum(map(len, model.generate(queries[part], asked, decoding)))
        rates[name] = round(tokens / (time.perf_counter() - start), 1)
    return {"preset": "tiny", "questions": questions, "tokens_per_second": rates}


def lines(found: dict[str, Any]) -> list[str]:
    """Everything for a person."""
    keys = ["preset", "files", "way", "images_per_second", "ms_per_image", "ratio", "difference"]
    rows = [_row(row, keys) for row in found["scoring"]]
    words = found["explanations"]["tokens_per_second"]
    return [
        *table(["model", "files", "way", "images/s", "ms/image", "×", "difference"], rows),
        "",
        "Ways take turns; ×: median of the rounds' ratios; difference: of pooled embeddings,",
        "relative to the differences between images.",
        *(
            f"{row['backbone']}, {row['precision']}: {row['seconds_per_image']} s an image, "
            f"{row['ratio']} times as fast as vit-g."
            for row in found["backbones"]
        ),
        *_trunk_lines(found["trunk"]),
        *(
            f"Heads alone, {row['images']:,} cached images of width {row['width']}: "
            f"{row['seconds']} s."
            for row in found["heads"]
        ),
        f"Explanations, tiny: {words['one_by_one']} tokens/s one by one, {words['batched']} in a "
        f"batch of {found['explanations']['questions']}.",
        *_full_size_lines(found["full_size"]),
    ]


_NOT_KEPT = {"straightforward": "as the released script does it", "without": "without it"}


def _trunk_lines(trunk: dict[str, Any]) -> list[str]:
    steps, ratios = trunk["steps_per_second"], trunk["time_ratios"]
    return [
        f"Trunk cache, {trunk['preset']}, {trunk['frozen_blocks']} of {trunk['blocks']} blocks "
        f"frozen: {steps['with']} steps/s, {trunk['kib_per_image']} KiB per image, filled in "
        f"{trunk['fill_seconds']} s.",
        *(
            f"  {ratios[name]} × the time of {steps[name]} steps/s {_NOT_KEPT[name]}."
            for name in steps
            if name in _NOT_KEPT
        ),
    ]


def _full_size_lines(found: dict[str, Any]) -> list[str]:
    if "skipped" in found:
        return [f"vit-g, training and answering: {found['skipped']}"]
    training, answering = found["training"], found["answering"]
    lines = [f"vit-g, training: {training.get('skipped')}"]
    if "skipped" not in training:
        lines = [
            f"vit-g, training in bfloat16, batch 8: {training['seconds_per_step']} s a step, "
            f"{training['peak_gib']} GiB at most."
        ]
    epoch = found["epoch"]
    lines += [f"vit-g, epoch: {epoch['skipped']}"] if "skipped" in epoch else _trunk_lines(epoch)
    if "skipped" in answering:
        return [*lines, f"vit-g, both stages answering: {answering['skipped']}"]
    rates = answering["tokens_per_second"]
    return [
        *lines,
        f"vit-g, both stages answering in bfloat16: {rates['one_by_one']} tokens/s one image at "
        f"a time, {rates['batched']} for {answering['images']} images at once, "
        f"{answering['peak_gib']} GiB at most.",
    ]


def _row(row: dict[str, Any], keys: Sequence[str]) -> list[Any]:
    """A way's figures, or why there are none."""
    if "skipped" in row:
        return [row["preset"], row["files"], row["skipped"], *[""] * (len(keys) - 3)]
    difference = "" if row["difference"] is None else f"{row['difference']:.2%}"
    return [difference if key == "difference" else row[key] for key in keys]


def run(say: Say, plan: Plan = Plan()) -> None:
    """Measures, writes results/model.json, prints the tables."""
    busy = busy_cores()
    found = measure(plan, say)
    path = write("model", found, busy)
    say("\n".join(["", *lines(found), "", f"written to {path}"]))
