"""A language model small enough to be made from a study's own form: for the demo and for tests.

MINT-IQA's language model is trained elsewhere and frozen (arXiv 2405.07346, section 4). For two
processor cores there is no such model, so the tiny preset trains one here, on text alone: it reads
notes (phrases and remarks in any order) and a question, and words the answer. It
never learns what an image has to do with them; that is what stage 2 trains, in place of the notes.

Nothing of the published size comes here: with a converted stage 2, or a language model's folder in
MODEL_LANGUAGE, none of this runs.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from annotation.protocol.answers import Reason
from annotation.protocol.questions import Pair, Questions, clause, word_answer

from ..learning.rates import inner_rate_at, set_rate
from .configuration import TINY_LANGUAGE_VOCABULARY, explainer_preset_config
from .language_model import LanguageTokenizer
from .model import Tokens

#: Called with (steps done, steps in all).
Steps = Callable[[int, int], None]

#: How often the form's own texts are repeated among the raters' remarks: often enough for each
#: closed answer to become one token.
_FORM_WEIGHT = 50
#: Labels that `transformers` leaves out of a language model's loss.
_NO_LOSS = -100

#: In the order of their ids in the tiny preset's language model.
_PAD, _BEGIN, _END = "<pad>", "<s>", "</s>"
#: A sentence is split only here, so that a closed answer is one token, not ten.
_CUTS = r"[,.;:?!] ?"


@dataclass(frozen=True)
class Remarks:
    """Free texts that raters wrote, by perspective; the language model learns their words."""

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


def tiny_language_model(seed: int) -> PreTrainedModel:
    """The tiny preset's language model, untrained; it speaks `tiny_language_tokenizer`'s tokens."""
    torch.manual_seed(seed)
    sizes = explainer_preset_config("tiny").language_config
    return cast(PreTrainedModel, AutoModelForCausalLM.from_config(sizes))


def tiny_language_tokenizer(texts: Iterable[str]) -> LanguageTokenizer:
    """A tokenizer for the tiny preset's language model, trained on `texts`.

    Bytes merged (BPE) between punctuation marks only: any text in any script can be encoded and
    decodes to itself, and frequent phrases are one token. Repeat a text as often as it matters. The
    same texts make the same tokenizer.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_CUTS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=TINY_LANGUAGE_VOCABULARY,
        special_tokens=[_PAD, _BEGIN, _END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=_PAD, bos_token=_BEGIN, eos_token=_END
    )
    return LanguageTokenizer(fast, vocab_size=TINY_LANGUAGE_VOCABULARY)


def form_tokenizer(questions: Questions, remarks: Remarks) -> LanguageTokenizer:
    """Tokens of the form's sentences and phrases, the questions, and what raters wrote."""
    said = list(questions.texts.values())
    for field in questions.form.fields:
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
    questions: Questions,
    remarks: Remarks,
    recipe: LanguageRecipe,
    progress: Steps,
) -> None:
    """Trains `model` in place on made-up notes; each level of the form is equally frequent, so that
    the model has no opinion of its own. Leaves it frozen, in evaluation mode."""
    draw = random.Random(recipe.seed)  # noqa: S311  # for practice, not for secrets
    model.train().requires_grad_(True)
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate, betas=(0.9, 0.98))
    for step in range(recipe.steps):
        set_rate(optimizer, recipe.learning_rate * inner_rate_at(step, recipe.steps))
        # Closed answers first: mixed with remarks, learning to read notes takes ten times as long.
        known = remarks if 2 * step >= recipe.steps else Remarks({})
        practice = [make_practice(questions, known, draw) for _ in range(recipe.batch_size)]
        loss = model(**_practice_batch(tokenizer, questions, practice, model.device)).loss
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


def make_practice(questions: Questions, remarks: Remarks, draw: random.Random) -> Practice:
    """Levels and remarks at random, and one question about them."""
    reasons: dict[str, Reason] = {}
    notes: list[str] = []
    for perspective in questions.perspectives:
        fields = [item for item in questions.form.fields if item.perspective == perspective]
        levels = {field.key: draw.randint(1, len(field.phrases)) for field in fields}
        asked = any(
            levels[text.field] <= text.at_most
            for text in questions.form.texts
            if text.perspective == perspective
        )
        remark = remarks.draw(perspective, draw) if asked else ""
        reasons[perspective] = Reason(levels, remark)
        notes += [field.phrases[levels[field.key] - 1] for field in fields]
        notes += [remark] if remark else []
    draw.shuffle(notes)
    question = draw.choice(list(questions.texts))
    return Practice(", ".join(notes), Pair(question, word_answer(questions, reasons, question)))


def _practice_batch(
    tokenizer: LanguageTokenizer,
    questions: Questions,
    practice: Sequence[Practice],
    device: torch.device,
) -> dict[str, Tensor]:
    """Notes, question and answer in a row; the answers' tokens alone carry loss."""
    parts = [
        _unbegun(tokenizer.questions([item.notes for item in practice])),
        tokenizer.questions([questions.texts[item.pair.question] for item in practice]),
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
