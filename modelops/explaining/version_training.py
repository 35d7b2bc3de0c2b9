"""The part of a training run that teaches a model to say why: stage 2, from what raters said."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from annotation.models import Stimulus, Study
from annotation.opinion.explanations import explanations_of
from annotation.protocol.forms import ExplanationForm
from annotation.protocol.perspectives import PERSPECTIVES
from workbench.core.files import sha256_of

from ..learning.errors import LearningError
from ..predictors.backbones import Backbone
from ..predictors.devices import speech_dtype
from ..predictors.images import read_images
from ..registry.artifacts import MANIFEST
from .wording import OVERALL, QUESTIONS, Reasons, pairs_of, parse_answer

if TYPE_CHECKING:
    from ..predictors.mint import Answerer, Decoding, LoadedModel, Speech
    from .phrases import ExplanationAgreement
    from .tiny_language import Remarks
    from .training import Example, Seen

#: Called with what is being done, how much of it is done, and of how much.
Report = Callable[[str, int, int], None]

#: How a preset's answers are chosen. The released settings punish what was said before, and in the
#: tiny preset's tokens a full stop, or a whole closed answer, is one.
TINY_DECODING = {"max_new_tokens": 128, "num_beams": 1, "repetition_penalty": 1.0}

#: Beside the explanation model's weights: the answers that it was trained on.
ANSWERS = "answers.jsonl"


@dataclass(frozen=True)
class Explained:
    """Stimuli of one split and what was said of each, row by row."""

    stimuli: list[Stimulus] = field(default_factory=list)
    given: list[list[Reasons]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.stimuli)

    def take(self, rows: Sequence[int]) -> "Explained":
        return Explained([self.stimuli[row] for row in rows], [self.given[row] for row in rows])


@dataclass(frozen=True)
class LearnedSpeech:
    """A trained stage 2, how well it does on the hold-out, and what it was trained on."""

    speech: "Speech"
    agreement: "ExplanationAgreement"
    answers: list[dict[str, object]]


def gather_explanations(study: Study, stimuli: Sequence[Stimulus]) -> Explained:
    """What was said of `stimuli`, and those of them of which anything was."""
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
    form: ExplanationForm,
    pool: Explained,
    holdout: Explained,
    checkpoint: Path,
    report: Report,
) -> LearnedSpeech:
    """Stage 2 on what was said of `pool`, in answer to the paper's four questions.

    `scores` is the trained stage 1, which stage 2 goes on from; a killed run goes on from
    `checkpoint`. Raises LearningError where nobody has said why, or there is no language model to
    start from.
    """
    from ..predictors.mint import Answerer
    from .training import explanation_recipe, train_explainer

    if not examples_of(form, pool.given):
        raise LearningError(
            "no rater has given closed answers or texts yet, so there is nothing to learn to "
            "explain; collect some, or train without explanations"
        )
    speech = base_speech(scores, backbone, form, remarks_of(pool.given), report)
    seen, pool = _look(scores, speech, pool, report)
    examples = examples_of(form, pool.given)
    recipe = explanation_recipe(backbone.kind.name, epochs)
    train_explainer(
        speech,
        seen,
        examples,
        recipe,
        checkpoint,
        lambda done, total: report("explaining", done, total),
    )
    answerer = Answerer(scores, speech)
    rows, answers, _unreadable = answer_stimuli(answerer, holdout.stimuli, backbone.kind.name)
    agreement = _agreement(form, pool, holdout.take(rows), answers)
    return LearnedSpeech(speech, agreement, _answers(pool.stimuli, examples))


def examples_of(form: ExplanationForm, given: Sequence[Sequence[Reasons]]) -> "list[Example]":
    """For each image and question the answers of all who gave one; `row` is the image's place."""
    from .training import Example

    examples = []
    for row, said in enumerate(given):
        answers: dict[str, list[str]] = {name: [] for name in QUESTIONS}
        for reasons in said:
            for pair in pairs_of(form, reasons):
                answers[pair.question].append(pair.answer)
        examples += [Example(row, name, tuple(found)) for name, found in answers.items() if found]
    return examples


def remarks_of(given: Sequence[Sequence[Reasons]]) -> "Remarks":
    """Every free text, in the order of the alphabet, once for each who wrote it."""
    from .tiny_language import Remarks

    return Remarks(
        {
            perspective: tuple(
                sorted(
                    reasons[perspective].text.strip()
                    for said in given
                    for reasons in said
                    if perspective in reasons and reasons[perspective].text.strip()
                )
            )
            for perspective in PERSPECTIVES
        }
    )


def base_speech(
    scores: "LoadedModel",
    backbone: Backbone,
    form: ExplanationForm,
    remarks: "Remarks",
    report: Report,
) -> "Speech":
    """What stage 2 starts from: a converted one, or stage 1's trunk before a language model.

    The language model is that of MODEL_LANGUAGE; for `tiny`, where that is not set, one made of
    the form. Raises LearningError, CheckpointError or TokenizerError, with the mend.
    """
    from ..predictors.mint import load_language_model, load_speech, start_speech
    from ..predictors.mint.checkpoint import EXPLANATIONS_FOLDER

    base = Path(backbone.weights) if backbone.weights else None
    if base is not None and (base / EXPLANATIONS_FOLDER).exists():
        return load_speech(base, device=scores.model.device, dtype=speech_dtype())
    if settings.MODEL_LANGUAGE:
        language = load_language_model(settings.MODEL_LANGUAGE, dtype=speech_dtype())
        return start_speech(scores, *language)
    if backbone.kind.name != "tiny":
        raise LearningError(
            f"there is no language model to explain with for {backbone.name!r}: give it, in "
            "MODEL_BACKBONES, a folder with stage 2 (mint_convert, of a released checkpoint "
            "or --from-instructblip), or a language model's folder in MODEL_LANGUAGE"
        )
    return _tiny_speech(scores, form, remarks, report)


def publish_speech(learned: LearnedSpeech, folder: Path) -> dict[str, str]:
    """Adds stage 2 to a model's folder; the checksums that the folder's manifest is to hold.

    That of its own manifest alone, which vouches for the rest: who wants scores need not read
    a language model.
    """
    from ..predictors.mint import save_speech
    from ..predictors.mint.checkpoint import EXPLANATIONS_FOLDER

    save_speech(learned.speech, folder)
    own = folder / EXPLANATIONS_FOLDER
    lines = [json.dumps(answer, ensure_ascii=False) + "\n" for answer in learned.answers]
    (own / ANSWERS).write_text("".join(lines))
    manifest = json.loads((own / MANIFEST).read_text())
    manifest["sha256"][ANSWERS] = sha256_of(own / ANSWERS)
    manifest["metrics"] = learned.agreement.to_json()
    (own / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    return {f"{EXPLANATIONS_FOLDER}/{MANIFEST}": sha256_of(own / MANIFEST)}


def _tiny_speech(
    scores: "LoadedModel", form: ExplanationForm, remarks: "Remarks", report: Report
) -> "Speech":
    from ..predictors.mint import start_speech, tiny_language_model
    from .tiny_language import LanguageRecipe, form_tokenizer, train_language_model

    recipe = LanguageRecipe()
    tokenizer = form_tokenizer(form, remarks)
    language = tiny_language_model(recipe.seed)
    train_language_model(
        language,
        tokenizer,
        form,
        remarks,
        recipe,
        lambda done, total: report("language", done, total),
    )
    return start_speech(scores, language, tokenizer)


def _look(
    scores: "LoadedModel", speech: "Speech", pool: Explained, report: Report
) -> "tuple[Seen, Explained]":
    """What both stages see of the images that can be read, and which those are."""
    from .training import Seen, look

    parts, rows = [], []
    for read in read_images(scores.processor, pool.stimuli):
        if read.inputs is not None:
            names = [_name(pool.stimuli[row]) for row in read.rows]
            parts.append(look(scores, speech.model, read.inputs, names))
        rows += read.rows
        report("looking", len(rows), len(pool))
    if not parts:
        raise LearningError("none of the images that raters explained can be read")
    return Seen.joined(parts), pool.take(rows)


def _name(stimulus: Stimulus) -> str:
    """An image with its prompt, by their contents."""
    return f"{stimulus.sha256} {stimulus.prompt.text_sha256}"


def _agreement(
    form: ExplanationForm, pool: Explained, holdout: Explained, answers: Sequence[dict[str, str]]
) -> "ExplanationAgreement":
    """On the hold-out: levels by the questions about one perspective, texts by that about all."""
    from .phrases import ExplanationAgreement, consensus, phrase_agreement, text_agreement

    said = [parse_levels(form, found) for found in answers]
    chosen, learnt = (
        [consensus(form, given) for given in split.given] for split in (holdout, pool)
    )
    written: list[list[str]] = [[] for _ in holdout.stimuli]
    for example in examples_of(form, holdout.given):
        if example.question == OVERALL:
            written[example.row] += example.answers
    return ExplanationAgreement(
        {item.key: phrase_agreement(item.key, said, chosen, learnt) for item in form.fields},
        text_agreement([found[OVERALL] for found in answers], written),
    )


def parse_levels(form: ExplanationForm, answers: Mapping[str, str]) -> dict[str, int]:
    """Field key → level: of each field what the question about its perspective was answered."""
    levels = {}
    for item in form.fields:
        found = parse_answer(form, answers[str(item.perspective)]).get(item.key)
        if found is not None:
            levels[item.key] = found
    return levels


def decoding_of(preset: str) -> "Decoding":
    """As released; greedy where the preset is tiny."""
    from ..predictors.mint import Decoding

    return Decoding(**TINY_DECODING) if preset == "tiny" else Decoding()  # type: ignore[arg-type]  # numbers by name


def answer_stimuli(
    answerer: "Answerer", stimuli: Sequence[Stimulus], preset: str
) -> tuple[list[int], list[dict[str, str]], list[dict[str, object]]]:
    """Places of the images that can be read, for each what every question was answered, and why
    the others cannot be read."""
    rows: list[int] = []
    found: list[dict[str, str]] = []
    problems: list[dict[str, object]] = []
    decoding = decoding_of(preset)
    for read in read_images(answerer.scores.processor, stimuli):
        rows += read.rows
        problems += read.problems
        if read.inputs is not None:
            columns = answerer.answer(read.inputs, list(QUESTIONS.values()), decoding)
            found += [dict(zip(QUESTIONS, row, strict=True)) for row in zip(*columns, strict=True)]
    return rows, found, problems


def _answers(stimuli: Sequence[Stimulus], examples: "Sequence[Example]") -> list[dict[str, object]]:
    """The answers as they are stored: by the image's and the prompt's hash, not by a row's key."""
    return [
        {
            "image_sha256": stimuli[example.row].sha256,
            "prompt_sha256": stimuli[example.row].prompt.text_sha256,
            "question": QUESTIONS[example.question],
            "answers": list(example.answers),
        }
        for example in examples
    ]
