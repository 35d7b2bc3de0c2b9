"""A language model small enough to be made of a study's own form, before it is frozen.

MINT-IQA's language model is trained elsewhere and frozen (arXiv 2405.07346, section 4). For two
processor cores there is no such model to be had, so one is trained here, on text alone: it reads
notes (phrases and remarks in any order) and a question, and words the answer. What an image has to
do with it, it never learns; that is the part that stage 2 trains, in place of the notes.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from annotation.protocol.answers import Reason
from annotation.protocol.forms import ExplanationForm
from annotation.protocol.perspectives import PERSPECTIVES

from ..learning.rates import inner_rate_at, set_rate
from ..predictors.mint import LanguageTokenizer, Tokens, tiny_language_tokenizer
from .wording import QUESTIONS, Pair, clause, word_answer

#: Called with (steps done, steps in all).
Steps = Callable[[int, int], None]

#: How often what the form itself says counts, beside each remark of a rater: often enough that
#: each closed answer is one token.
_FORM_WEIGHT = 50
#: Labels that `transformers` leaves out of a language model's loss.
_NO_LOSS = -100


@dataclass(frozen=True)
class Remarks:
    """Free texts that raters wrote, by perspective: the language model's choice of words."""

    texts: Mapping[str, Sequence[str]]

    def draw(self, perspective: str, draw: random.Random) -> str:
        known = self.texts.get(perspective, ())
        return draw.choice(known) if known else ""


@dataclass(frozen=True)
class LanguageRecipe:
    """How the language model is trained; 300 steps take 20 seconds on two cores."""

    steps: int = 300
    batch_size: int = 32
    learning_rate: float = 3e-3
    seed: int = 1


def form_tokenizer(form: ExplanationForm, remarks: Remarks) -> LanguageTokenizer:
    """Tokens of the form's sentences and phrases, the questions, and what raters wrote."""
    said = list(QUESTIONS.values())
    for field in form.fields:
        sentences = [clause(field, level + 1) for level in range(len(field.phrases))]
        said += [
            *field.phrases,
            *sentences,
            *(f"{text[:1].upper()}{text[1:]}" for text in sentences),
        ]
    written = [text for texts in remarks.texts.values() for text in texts]
    return tiny_language_tokenizer([*said * _FORM_WEIGHT, *written])


def train_language_model(
    model: PreTrainedModel,
    tokenizer: LanguageTokenizer,
    form: ExplanationForm,
    remarks: Remarks,
    recipe: LanguageRecipe,
    progress: Steps,
) -> None:
    """Trains `model` in place on made-up notes; every level of the form is as frequent as another,
    so that the model has no opinion of its own. Leaves it frozen, in evaluation mode."""
    draw = random.Random(recipe.seed)  # noqa: S311  # for practice, not for secrets
    model.train().requires_grad_(True)
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate, betas=(0.9, 0.98))
    for step in range(recipe.steps):
        set_rate(optimizer, recipe.learning_rate * inner_rate_at(step, recipe.steps))
        # Closed answers first: beside remarks it takes ten times as long to see how notes are read.
        known = remarks if 2 * step >= recipe.steps else Remarks({})
        practice = [make_practice(form, known, draw) for _ in range(recipe.batch_size)]
        loss = model(**_practice_batch(tokenizer, practice, model.device)).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        progress(step + 1, recipe.steps)
    model.train(False).requires_grad_(False)


@dataclass(frozen=True)
class Practice:
    """Notes to read, and the question and answer that they belong to."""

    notes: str
    pair: Pair


def make_practice(form: ExplanationForm, remarks: Remarks, draw: random.Random) -> Practice:
    """Levels and remarks at random, and one question about them."""
    reasons: dict[str, Reason] = {}
    notes: list[str] = []
    for perspective in PERSPECTIVES:
        fields = [field for field in form.fields if field.perspective == perspective]
        levels = {field.key: draw.randint(1, len(field.phrases)) for field in fields}
        asked = any(
            levels[text.field] <= text.at_most
            for text in form.texts
            if text.perspective == perspective
        )
        remark = remarks.draw(perspective, draw) if asked else ""
        reasons[perspective] = Reason(levels, remark)
        notes += [field.phrases[levels[field.key] - 1] for field in fields]
        notes += [remark] if remark else []
    draw.shuffle(notes)
    question = draw.choice(list(QUESTIONS))
    return Practice(", ".join(notes), Pair(question, word_answer(form, reasons, question)))


def _practice_batch(
    tokenizer: LanguageTokenizer, practice: Sequence[Practice], device: torch.device
) -> dict[str, Tensor]:
    """Notes, question and answer in a row; the answers' tokens alone carry loss."""
    parts = [
        _unbegun(tokenizer.questions([item.notes for item in practice])),
        tokenizer.questions([QUESTIONS[item.pair.question] for item in practice]),
        _unbegun(tokenizer.answers([item.pair.answer for item in practice])),
    ]
    ids, mask = (torch.cat(tensors, dim=1) for tensors in zip(*parts, strict=True))  # (B, L) each
    silent = ids.shape[1] - parts[-1].ids.shape[1]
    labels = ids.masked_fill(mask == 0, _NO_LOSS)
    labels[:, :silent] = _NO_LOSS
    order = mask.argsort(dim=1, descending=True, stable=True)  # tokens first, then all padding
    batch = {"input_ids": ids, "attention_mask": mask, "labels": labels}
    return {name: tensor.gather(1, order).to(device) for name, tensor in batch.items()}


def _unbegun(text: Tokens) -> Tokens:
    return Tokens(text.ids[:, 1:], text.mask[:, 1:])
