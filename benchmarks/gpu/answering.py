"""Stage 2: tokens per second of its answers, and a step of its training."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, get_args

import torch

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.rows import Figure, NotMeasuredError, attempted, row
from benchmarks.model_full import QUESTIONS, full_size_pipeline, tiny_pipeline
from modelops.explaining.checkpoint import Explainer
from modelops.explaining.gradients import recomputed
from modelops.explaining.model import GREEDY, Decoding, KeyCache, MintIQAExplainer, Tokens
from modelops.explaining.pipeline import ExplanationPipeline
from modelops.explaining.training import Example, ExplanationRecipe, Seen, train_explainer

KEY_CACHES: tuple[KeyCache, ...] = get_args(KeyCache)
#: Ids of a question, without padding.
_ASKED = 24


@row("answers", minutes=1.5, gib=24)
def answers(bench: Bench) -> Iterator[Figure]:
    """Answers in words, greedily: tokens per second of the language model"""
    pipeline = _pipeline(bench)
    model = pipeline.explainer.model
    yield _weights(bench, model)
    yield from attempted(
        partial(_of_the_library, bench, model, 1), "one at a time, by transformers' generate"
    )
    batch = bench.sizes.answers[0]
    yield from attempted(
        partial(_of_the_library, bench, model, batch), f"batch {batch}, by transformers' generate"
    )
    yield from _by_batch(bench, model, KEY_CACHES[:2])


@row("answers_in_graphs", minutes=1.5, gib=24)
def in_graphs(bench: Bench) -> Iterator[Figure]:
    """The same, each step a CUDA graph; then of compiled code"""
    if not bench.full:
        raise NotMeasuredError("a processor has no graphs, and compiles for minutes")
    yield from _by_batch(bench, _pipeline(bench).explainer.model, KEY_CACHES[2:])


@row("beams", minutes=1.0, gib=30)
def beams(bench: Bench) -> Iterator[Figure]:
    """Answers by the released decoding, five beams, and both stages together"""
    pipeline = _pipeline(bench)
    decoding = Decoding(bench.sizes.tokens)
    batch = bench.sizes.answers[0]
    for keys in KEY_CACHES[:2]:
        measure = partial(_of_ours, bench, pipeline.explainer.model, batch, decoding, keys)
        yield from attempted(measure, f"batch {batch}, {keys} keys, 5 beams")
    yield from attempted(partial(_both_stages, bench, pipeline, decoding))


@row("explanation_training", minutes=2.0, gib=24)
def training(bench: Bench) -> Iterator[Figure]:
    """Training of stage 2 in batches of 8: seconds a step, and memory"""
    pipeline = _pipeline(bench)
    explainer = pipeline.explainer
    explainer.model.requires_grad_(True)  # training freezes what does not learn
    config, images = explainer.model.config, bench.sizes.questions
    places = explainer.model.vision_model.embeddings.num_positions
    seen = Seen(
        torch.randn(images, places, config.vision_config.hidden_size).half(),
        torch.randn(images, config.num_query_tokens, config.embedding_size),
        tuple(map(str, range(images))),
    )
    few, many = bench.sizes.said
    again = recomputed(explainer.model.language_model)
    for (tokens, answered), name, around in (
        (few, "", nullcontext()),
        (many, "", nullcontext()),
        (many, ", layers compute again", again),
    ):
        said = tuple(_digits(tokens, place) for place in range(answered))
        examples = [Example(row, QUESTIONS[0], said) for row in range(images)]
        what = f"to each question {answered} × {tokens} tokens{name}"
        with around:
            yield from attempted(partial(_steps, bench, explainer, seen, examples), what)


def _steps(
    bench: Bench, explainer: Explainer, seen: Seen, examples: list[Example]
) -> Iterator[Figure]:
    recipe, ends = ExplanationRecipe(epochs=1, batch_size=8, learning_rate=1e-5), []
    bench.forget_peak()
    with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
        train_explainer(
            explainer,
            seen,
            examples,
            recipe,
            Path(folder) / "explanations.pt",
            lambda _done, _total: ends.append(time.perf_counter()),
        )
    took = (ends[-1] - ends[0]) / (len(ends) - 1)
    yield {"what": "", "seconds_a_step": round(took, 3), "peak_gib": bench.peak()}


def _digits(tokens: int, seed: int) -> str:
    """A text of so many tokens: each of these digits is one."""
    return "".join(str((place * place + seed) % 7) for place in range(tokens))


def _by_batch(
    bench: Bench, model: MintIQAExplainer, caches: tuple[KeyCache, ...]
) -> Iterator[Figure]:
    decoding = Decoding(bench.sizes.tokens, GREEDY.num_beams, GREEDY.repetition_penalty)
    for batch in bench.sizes.answers:  # what is compiled for the second one is made again
        for keys in caches:
            measure = partial(_of_ours, bench, model, batch, decoding, keys)
            yield from attempted(measure, f"batch {batch}, {keys} keys")


def _pipeline(bench: Bench) -> ExplanationPipeline:
    return full_size_pipeline(str(bench.device)) if bench.full else tiny_pipeline()


def _weights(bench: Bench, model: MintIQAExplainer) -> Figure:
    """Of the language model, and how often in a second the memory could give them."""
    size = _bytes(model)
    copied = bench.value("ceiling", "gb_per_second")
    most = {} if copied is None else {"most_tokens_per_second": round(copied * 1e9 / size, 1)}
    return {"what": "the language model, one row", "gib": round(size / 2**30, 3), **most}


def _bytes(model: MintIQAExplainer) -> int:
    return sum(it.numel() * it.element_size() for it in model.language_model.parameters())


def _of_the_library(bench: Bench, model: MintIQAExplainer, batch: int) -> Iterator[Figure]:
    """`generate` of the language model as it is, of embeddings as long as ours."""
    language, tokens = model.language_model, bench.sizes.tokens
    length = model.config.num_query_tokens + _ASKED
    width = model.config.language_config.hidden_size
    embeds = torch.randn(batch, length, width, device=bench.device, dtype=language.dtype)
    mask = torch.ones(batch, length, dtype=torch.int64, device=bench.device)

    def generate() -> list[list[int]]:
        written = language.generate(
            inputs_embeds=embeds,
            attention_mask=mask,
            do_sample=False,
            max_new_tokens=tokens,
        )
        found: list[list[int]] = written.tolist()
        return found

    yield _rate(bench, model, batch, generate)


def _of_ours(
    bench: Bench, model: MintIQAExplainer, batch: int, decoding: Decoding, keys: KeyCache
) -> Iterator[Figure]:
    config = model.config
    queries = torch.randn(
        batch, config.num_query_tokens, config.embedding_size, device=bench.device
    ).to(model.dtype)
    ids = torch.randint(3, config.language_config.vocab_size, (batch, _ASKED), device=bench.device)
    told = Tokens(ids, torch.ones_like(ids))
    yield _rate(bench, model, batch, lambda: model.generate(queries, told, decoding, keys))


def _rate(
    bench: Bench, model: MintIQAExplainer, rows: int, generate: Callable[[], list[list[int]]]
) -> Figure:
    """Tokens per second, and their share of what the memory allows if each of a batch's steps reads
    every weight once."""
    bench.forget_peak()
    first = bench.once(generate)
    found: list[list[list[int]]] = []
    took = min(bench.once(lambda: found.append(generate())) for _ in range(2))
    rate = sum(map(len, found[0])) / took
    figure: Figure = {"what": "", "tokens_per_second": round(rate, 1)}
    if (copied := bench.value("ceiling", "gb_per_second")) is not None:
        most = copied * 1e9 / _bytes(model) * rows
        figure["share_of_bandwidth"] = round(rate / most, 3)
    return figure | {"first_seconds": round(first, 1), "peak_gib": bench.peak()}


def _both_stages(
    bench: Bench, pipeline: ExplanationPipeline, decoding: Decoding
) -> Iterator[Figure]:
    """The four questions about each image of a turn of the product."""
    items: Any = bench.items()[:4]
    inputs = pipeline.scores.processor([it.image for it in items], [it.prompt for it in items])
    took = min(bench.once(lambda: pipeline.answer(inputs, QUESTIONS, decoding)) for _ in range(2))
    rows = len(items) * len(QUESTIONS)
    yield {
        "what": f"both stages, {len(QUESTIONS)} questions about each of {len(items)} images",
        "tokens_per_second": round(rows * decoding.max_new_tokens / took, 1),
        "seconds": round(took, 2),
        "peak_gib": bench.peak(),
    }
