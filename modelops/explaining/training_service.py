"""The part of a training run that trains stage 2, from the reasons that raters gave."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from annotation.models import Stimulus, Study
from annotation.opinion.explanations import explanations_of
from annotation.protocol.perspectives import ALL_TOGETHER
from annotation.protocol.questions import Questions, Reasons, pairs_of, parse_levels
from workbench.core.files import sha256_of

from ..learning.errors import LearningError
from ..predictors.backbones import Backbone
from ..predictors.base import ExplainingKind, Stage2
from ..predictors.registry import PREDICTORS
from ..registry.artifacts import MANIFEST
from .store import explainer_dtype

if TYPE_CHECKING:
    from ..predictors.mint.checkpoint import LoadedModel
    from .checkpoint import Explainer
    from .model import Decoding
    from .phrases import ExplanationAgreement
    from .pipeline import ExplanationPipeline
    from .tiny_language import Remarks
    from .training import Example, Seen

#: Called with the name of a step, how much of it is done, and of how much.
Report = Callable[[str, int, int], None]

#: Next to the explanation model's weights: the answers it was trained on.
ANSWERS = "answers.jsonl"


@dataclass(frozen=True)
class Explained:
    """Stimuli of one split and the reasons given for each, row by row."""

    stimuli: list[Stimulus] = field(default_factory=list)
    given: list[list[Reasons]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.stimuli)

    def take(self, rows: Sequence[int]) -> "Explained":
        return Explained([self.stimuli[row] for row in rows], [self.given[row] for row in rows])


@dataclass(frozen=True)
class LearnedExplainer:
    """A trained stage 2, how well it does on the hold-out, and what it was trained on."""

    explainer: "Explainer"
    agreement: "ExplanationAgreement"
    answers: list[dict[str, object]]


def gather_explanations(study: Study, stimuli: Sequence[Stimulus]) -> Explained:
    """The `stimuli` that raters explained, with the reasons they gave."""
    said: dict[int, list[Reasons]] = defaultdict(list)
    for item in explanations_of(study):
        said[item.stimulus].append(item.reasons)
    known = [stimulus for stimulus in stimuli if stimulus.pk in said]
    return Explained(known, [said[stimulus.pk] for stimulus in known])


def learn_to_explain(
    *,
    scores: "LoadedModel",
    backbone: Backbone,
    epochs: int,
    questions: Questions,
    pool: Explained,
    holdout: Explained,
    checkpoint: Path,
    report: Report,
) -> LearnedExplainer:
    """Trains stage 2 on the reasons given for `pool`, as answers to the study's questions.

    `scores` is the trained stage 1, which stage 2 continues from; a killed run continues from
    `checkpoint`. Raises LearningError if no rater has given reasons, or there is no language
    model to start from.
    """
    from .pipeline import ExplanationPipeline
    from .training import ExplanationRecipe, train_explainer

    if not examples_of(questions, pool.given):
        raise LearningError(
            "no image to learn from has a reason that counts, chosen or written, so there is "
            "nothing to learn to explain; reasons on practice, warm-up and hold-out images are not "
            "learnt from: collect some on others, or train without explanations"
        )
    stage2 = stage2_of(backbone.kind.name)
    explainer = base_explainer(scores, backbone, questions, remarks_of(pool.given), report)
    seen, pool = _look(scores, explainer, pool, report)
    examples = examples_of(questions, pool.given)
    recipe = ExplanationRecipe(epochs, stage2.batch_size, stage2.learning_rate)
    train_explainer(
        explainer,
        seen,
        examples,
        recipe,
        checkpoint,
        lambda done, total: report("explaining", done, total),
    )
    pipeline = ExplanationPipeline(scores, explainer)
    rows, answers, _unreadable = answer_stimuli(
        pipeline, questions, holdout.stimuli, backbone.kind.name
    )
    agreement = _agreement(questions, pool, holdout.take(rows), answers)
    return LearnedExplainer(explainer, agreement, _answers(pool.stimuli, examples))


def examples_of(questions: Questions, given: Sequence[Sequence[Reasons]]) -> "list[Example]":
    """For each image and question the answers of all who gave one; `row` is the image's place."""
    from .training import Example

    examples = []
    for row, said in enumerate(given):
        answers: dict[str, list[str]] = {key: [] for key in questions.texts}
        for reasons in said:
            for pair in pairs_of(questions, reasons):
                answers[pair.question].append(pair.answer)
        examples += [
            Example(row, questions.texts[key], tuple(found))
            for key, found in answers.items()
            if found
        ]
    return examples


def remarks_of(given: Sequence[Sequence[Reasons]]) -> "Remarks":
    """Every free text, in alphabetical order, once for each person who wrote it."""
    from .tiny_language import Remarks

    texts: dict[str, list[str]] = defaultdict(list)
    for said in given:
        for reasons in said:
            for perspective, reason in reasons.items():
                if reason.text.strip():
                    texts[perspective].append(reason.text.strip())
    return Remarks({perspective: tuple(sorted(found)) for perspective, found in texts.items()})


def base_explainer(
    scores: "LoadedModel",
    backbone: Backbone,
    questions: Questions,
    remarks: "Remarks",
    report: Report,
) -> "Explainer":
    """What stage 2 starts from: a converted one, or stage 1's trunk in front of a language model.

    The language model is that of MODEL_LANGUAGE; for `tiny`, if that is not set, one made from
    the form. Raises LearningError, CheckpointError or TokenizerError, with the fix.
    """
    from .checkpoint import EXPLANATIONS_FOLDER, load_explainer, start_explainer
    from .language_model import load_language_model

    base = Path(backbone.weights) if backbone.weights else None
    if base is not None and (base / EXPLANATIONS_FOLDER).exists():
        return load_explainer(base, device=scores.model.device, dtype=explainer_dtype())
    if settings.MODEL_LANGUAGE:
        language = load_language_model(settings.MODEL_LANGUAGE, dtype=explainer_dtype())
        return start_explainer(scores, *language)
    if not stage2_of(backbone.kind.name).own_language:
        raise LearningError(
            f"there is no language model to explain with for {backbone.name!r}: train without "
            "explanations, or ask an administrator of this site for one (in MODEL_BACKBONES, a "
            "folder with stage 2, which mint_convert makes of a released checkpoint or "
            "--from-instructblip; or a language model's folder in MODEL_LANGUAGE)"
        )
    return _tiny_explainer(scores, questions, remarks, report)


def publish_explainer(learned: LearnedExplainer, folder: Path) -> dict[str, str]:
    """Adds stage 2 to a model's folder; the checksums that the folder's manifest is to hold.

    Only that of its own manifest, which covers the rest: to predict scores, nobody has to read
    a language model.
    """
    from .checkpoint import EXPLANATIONS_FOLDER, save_explainer

    save_explainer(learned.explainer, folder)
    own = folder / EXPLANATIONS_FOLDER
    lines = [json.dumps(answer, ensure_ascii=False) + "\n" for answer in learned.answers]
    (own / ANSWERS).write_text("".join(lines))
    manifest = json.loads((own / MANIFEST).read_text())
    manifest["sha256"][ANSWERS] = sha256_of(own / ANSWERS)
    manifest["metrics"] = learned.agreement.to_json()
    (own / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    return {f"{EXPLANATIONS_FOLDER}/{MANIFEST}": sha256_of(own / MANIFEST)}


def _tiny_explainer(
    scores: "LoadedModel", questions: Questions, remarks: "Remarks", report: Report
) -> "Explainer":
    from .checkpoint import start_explainer
    from .tiny_language import (
        LanguageRecipe,
        form_tokenizer,
        tiny_language_model,
        train_language_model,
    )

    recipe = LanguageRecipe()
    tokenizer = form_tokenizer(questions, remarks)
    language = tiny_language_model(recipe.seed)
    train_language_model(
        language,
        tokenizer,
        questions,
        remarks,
        recipe,
        lambda done, total: report("language", done, total),
    )
    return start_explainer(scores, language, tokenizer)


def _look(
    scores: "LoadedModel", explainer: "Explainer", pool: Explained, report: Report
) -> "tuple[Seen, Explained]":
    """What both stages see of the readable images, and which those are."""
    from .images import read_images
    from .training import Seen, look

    parts, rows = [], []
    for read in read_images(scores.processor, pool.stimuli):
        if read.inputs is not None:
            names = [_name(pool.stimuli[row]) for row in read.rows]
            parts.append(look(scores, explainer.model, read.inputs, names))
        rows += read.rows
        report("looking", len(rows), len(pool))
    if not parts:
        raise LearningError("none of the images that raters explained can be read")
    return Seen.joined(parts), pool.take(rows)


def _name(stimulus: Stimulus) -> str:
    """An image with its prompt, by their contents."""
    return f"{stimulus.picture_sha256} {stimulus.prompt.text_sha256}"


def _agreement(
    questions: Questions, pool: Explained, holdout: Explained, answers: Sequence[dict[str, str]]
) -> "ExplanationAgreement":
    """On the hold-out: levels by the questions about one perspective, texts by that about all."""
    from .phrases import ExplanationAgreement, consensus, phrase_agreement, text_agreement

    form = questions.form
    said = [parse_levels(form, found) for found in answers]
    chosen, learnt = (
        [consensus(form, given) for given in split.given] for split in (holdout, pool)
    )
    written: list[list[str]] = [[] for _ in holdout.stimuli]
    for example in examples_of(questions, holdout.given):
        if example.question == questions.texts[ALL_TOGETHER]:
            written[example.row] += example.answers
    return ExplanationAgreement(
        {item.key: phrase_agreement(item.key, said, chosen, learnt) for item in form.fields},
        text_agreement([found[ALL_TOGETHER] for found in answers], written),
    )


def stage2_of(kind_name: str) -> Stage2:
    """Raises LearningError if models of that kind cannot explain scores."""
    kind = PREDICTORS[kind_name]
    if not isinstance(kind, ExplainingKind):
        raise LearningError(f"models of the kind {kind_name!r} cannot explain scores")
    return kind.stage2


def decoding_of(kind_name: str) -> "Decoding":
    """The released settings, with the changes that models of that kind need."""
    from .model import Decoding

    changes = stage2_of(kind_name).decoding
    return replace(Decoding(), **changes)  # type: ignore[arg-type]  # numbers by name


def answer_stimuli(
    pipeline: "ExplanationPipeline",
    questions: Questions,
    stimuli: Sequence[Stimulus],
    kind_name: str,
) -> tuple[list[int], list[dict[str, str]], list[dict[str, object]]]:
    """The rows of the images that can be read, the answers to each (key of a question → text), and
    why the others cannot be read."""
    from .images import read_images

    rows: list[int] = []
    found: list[dict[str, str]] = []
    problems: list[dict[str, object]] = []
    decoding = decoding_of(kind_name)
    for read in read_images(pipeline.scores.processor, stimuli):
        rows += read.rows
        problems += read.problems
        if read.inputs is not None:
            columns = pipeline.answer(read.inputs, list(questions.texts.values()), decoding)
            found += [
                dict(zip(questions.texts, row, strict=True)) for row in zip(*columns, strict=True)
            ]
    return rows, found, problems


def _answers(stimuli: Sequence[Stimulus], examples: "Sequence[Example]") -> list[dict[str, object]]:
    """The answers as they are stored: by the image's and the prompt's hash, not by a row's key."""
    return [
        {
            "image_sha256": stimuli[example.row].sha256,
            "prompt_sha256": stimuli[example.row].prompt.text_sha256,
            "question": example.question,
            "answers": list(example.answers),
        }
        for example in examples
    ]
