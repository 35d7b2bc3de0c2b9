"""Training of MINT-IQA's stage 2: from an image and a question to an answer in words.

The language model and the vision transformer's blocks are frozen; the zero convolution, stage 2's
own query tokens and Q-Former, `ln_vision` and the projection learn (arXiv 2405.07346, section 4;
released code, commit e76c07d). The loss is the language model's, on the answers' tokens.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..learning.curves import Curve
from ..learning.errors import DivergedError, LearningError
from ..learning.rates import inner_rate_at, set_rate
from ..learning.seeds import DROPOUT, seed_of
from ..predictors.hardware import device_errors
from ..predictors.mint.checkpoint import LoadedModel
from ..predictors.mint.fine_tuning.checkpoints import (
    SAVE_SECONDS,
    Checkpoint,
    Saving,
    load_checkpoint,
)
from ..predictors.mint.processing import ModelInputs
from ..predictors.mint.streaming import fingerprint
from .checkpoint import Explainer
from .gradients import Gradients
from .model import MintIQAExplainer, Tokens
from .tiny_language import Steps

_NOT_EVEN_ONE = (
    "the answers about one image in training; end what else uses it, or use a larger GPU"
)


@dataclass(frozen=True)
class ExplanationRecipe:
    """How stage 2 is trained; an epoch is every image with each of its questions once."""

    epochs: int
    #: Pairs of image and question.
    batch_size: int
    learning_rate: float
    seed: int = 1

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Example:
    """One question, in words, about the image in one row, and what raters answered."""

    row: int
    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """N images as both stages see them; neither view changes in training.

    features (N, P + 1, Dv): stage 2's vision transformer before `ln_vision`, in half precision:
    0.7 MB for an image in the published size. queries (N, Q, Dq): stage 1's Q-Former. images: N
    names, by which a checkpoint identifies them; recomputed, the last bits may differ.
    """

    features: Tensor
    queries: Tensor
    images: tuple[str, ...]

    @classmethod
    def joined(cls, parts: Sequence["Seen"]) -> "Seen":
        return cls(
            torch.cat([part.features for part in parts]),
            torch.cat([part.queries for part in parts]),
            tuple(image for part in parts for image in part.images),
        )


@torch.inference_mode()
def look(
    scores: LoadedModel, explainer: MintIQAExplainer, inputs: ModelInputs, images: Sequence[str]
) -> Seen:
    """What both stages see of a batch of images, by their names, with their prompts; on the
    processor.

    Raises LearningError if half precision cannot hold that.
    """
    inputs = inputs.to(scores.model.device, scores.model.dtype)
    queries = scores.model(*inputs).query_embeds  # (B, Q, Dq)
    # All of them are frozen; `ln_vision`, which comes after, is not.
    blocks = len(explainer.vision_model.encoder.layers)
    features = explainer.encode_lower(inputs.pixel_values.to(explainer.device), blocks).half()
    if not features.isfinite().all():
        raise LearningError(
            "what the vision transformer of stage 2 gives exceeds float16's 65,504, or is "
            "NaN: its weights are damaged, or those of another model; convert them again"
        )
    return Seen(features.cpu(), queries.float().cpu(), tuple(images))


def train_explainer(
    explainer: Explainer,
    seen: Seen,
    examples: Sequence[Example],
    recipe: ExplanationRecipe,
    checkpoint: Path,
    progress: Steps,
    save_seconds: float = SAVE_SECONDS,
) -> None:
    """Trains `explainer.model` in place, and leaves it in evaluation mode.

    The same input and seed give the same weights on a processor, even if the run was killed and
    continues from `checkpoint`: that is replaced as a whole every `save_seconds`, and after each
    epoch if it is small; one of another run is ignored. Raises LearningError if there is nothing to
    learn from, DivergedError if the loss is not finite, OSError if the disk is full.
    Trained weights become float32, whatever the precision of the frozen ones. If a batch is too
    much for a GPU's memory, it takes longer instead (`gradients`); DeviceError if one image is.
    """
    if not examples:
        raise LearningError(
            "no image to learn from has a reason that counts: there are no chosen phrases and no "
            "texts to learn from"
        )
    model = explainer.model
    model.freeze()
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()
    batches = [
        batch for epoch in range(recipe.epochs) for batch in _batches(examples, recipe, epoch)
    ]
    state = _state(explainer, seen.images, examples, recipe, len(batches) // recipe.epochs)
    load_checkpoint(checkpoint, state)
    curve = state.curve
    saving = Saving(checkpoint, save_seconds, len(curve.losses))
    model.train()
    forget = partial(state.optimizer.zero_grad, set_to_none=True)
    gradients = Gradients(
        model.language_model, partial(batch_loss, explainer, seen), partial(_tokens, explainer)
    )
    for step, batch in islice(enumerate(batches), len(curve.losses), None):
        set_rate(state.optimizer, recipe.learning_rate * inner_rate_at(step, len(batches)))
        with device_errors(model.device, too_small_for=_NOT_EVEN_ONE):
            loss = gradients(batch, seed_of(recipe.seed, DROPOUT, step), forget)
        curve.losses.append(loss)
        if not math.isfinite(curve.losses[-1]):
            raise DivergedError(
                f"the explanations' loss is {curve.losses[-1]} at step {step + 1}; look for a "
                "damaged image or language model, or train without explanations"
            )
        nn.utils.clip_grad_norm_(state.weights.values(), 1.0)
        state.optimizer.step()
        progress(step + 1, len(batches))
        if (step + 1) % curve.steps:
            saving.after_step(state)
        else:
            saving.after_epoch(state)
    saving.at_end(state)
    model.train(False)


def _state(
    explainer: Explainer,
    images: tuple[str, ...],
    examples: Sequence[Example],
    recipe: ExplanationRecipe,
    steps: int,
) -> Checkpoint:
    """A run before its first step. Its origin is this stage 2, the images' names and their answers;
    other weights of stage 1, or other pixels, need another folder, which is up to the caller."""
    model = explainer.model
    origin = fingerprint(model.state_dict().items(), about=repr((images, examples)))
    trained = {name: item for name, item in model.named_parameters() if item.requires_grad}
    optimizer = torch.optim.AdamW(trained.values(), lr=recipe.learning_rate)
    return Checkpoint(recipe, origin, trained, optimizer, Curve(steps))


def batch_loss(explainer: Explainer, seen: Seen, batch: Sequence[Example]) -> Tensor:
    """Mean cross-entropy () of all answers' tokens; an image is looked at once for all of them."""
    model = explainer.model
    rows = [example.row for example in batch]
    asked = explainer.tokenizer([example.question for example in batch])
    queries = model.encode_questions(
        model.vision_model.post_layernorm(_on(model, seen.features[rows])),
        _on(model, seen.queries[rows]),
        Tokens(*asked).to(model.device),
    )  # (B, Q, Dq)
    said = [(place, text) for place, item in enumerate(batch) for text in item.answers]
    places = torch.tensor([place for place, _ in said], device=model.device)
    instructions = explainer.language.questions([batch[n].question for n, _ in said])
    answers = explainer.language.answers([text for _, text in said])
    return model.answer_loss(
        queries[places], instructions.to(model.device), answers.to(model.device)
    )


def _tokens(explainer: Explainer, batch: Sequence[Example]) -> float:
    """How many of the answers' tokens the mean in `batch_loss` is over."""
    texts = [text for item in batch for text in item.answers]
    answers = explainer.language.answers(texts)
    return float(explainer.model.carries_loss(answers).sum())


def _batches(
    examples: Sequence[Example], recipe: ExplanationRecipe, epoch: int
) -> Iterator[list[Example]]:
    """One epoch in batches of one question each, so that hardly anything is padding."""
    draw = random.Random(f"{recipe.seed}/{epoch}")  # noqa: S311  # an order, not a secret
    batches = []
    for question in dict.fromkeys(example.question for example in examples):
        asked = [example for example in examples if example.question == question]
        draw.shuffle(asked)
        size = recipe.batch_size
        batches += [asked[start : start + size] for start in range(0, len(asked), size)]
    draw.shuffle(batches)
    yield from batches


def _on(model: MintIQAExplainer, tensor: Tensor) -> Tensor:
    return tensor.to(model.device, model.dtype)
