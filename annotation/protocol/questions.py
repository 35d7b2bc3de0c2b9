"""What a study asks its model, and what people said about an image, worded as answers to that.

One question for each perspective and one for all together (MINT-IQA, arXiv 2405.07346,
section 3.3). The three perspectives of AIGCIQA2023 are asked about in the words of its released
question/answer pairs (AIGCIQA2023+, `instruct.jsonl`), any other one in the words that raters read.
Answers are worded as in those pairs: the perspective's closed answers in one sentence, then the
free text with a full stop of its own. What the released pairs do otherwise is listed in
docs/models.md.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from .aigciqa2023 import AIGCIQA2023_PERSPECTIVES
from .answers import Reason
from .forms import ExplanationForm, FormField
from .perspectives import ALL_TOGETHER, PerspectiveSettings

#: Perspective key → what was said about it.
Reasons = Mapping[str, Reason]

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

#: (Key of a field, phrase) → the clause, if the released sentences have another one than the
#: form's, which raters read.
_RELEASED = {
    ("quality_detail", "essentially sufficient"): (
        "the image quality details are essentially sufficient"
    ),
}


@dataclass(frozen=True)
class Questions:
    """A study's questions to its model, and the form whose answers the model's are worded like.

    texts: key of a perspective → question about it, in the study's order; `ALL_TOGETHER` → question
    about all of them, last.
    """

    texts: Mapping[str, str]
    form: ExplanationForm

    @classmethod
    def of(cls, perspectives: Sequence[PerspectiveSettings], form: ExplanationForm) -> Self:
        """The questions of a study with these perspectives, one or more."""
        texts = {item.key: _question(item) for item in perspectives}
        return cls({**texts, ALL_TOGETHER: _question_about_all(perspectives)}, form)

    @property
    def perspectives(self) -> list[str]:
        """Their keys, in the study's order."""
        return [key for key in self.texts if key != ALL_TOGETHER]


@dataclass(frozen=True)
class Pair:
    """One question, by its key in `Questions.texts`, and what was answered."""

    question: str
    answer: str


def pairs_of(questions: Questions, reasons: Reasons) -> Iterator[Pair]:
    """The questions to which `reasons` hold an answer; the last one only if each part is answered.

    A perspective that the form does not ask about is no part of the whole.
    """
    answers = {key: word_answer(questions, reasons, key) for key in _explained(questions)}
    for key, answer in answers.items():
        if answer:
            yield Pair(key, answer)
    if answers and all(answers.values()):
        yield Pair(ALL_TOGETHER, " ".join(answers.values()))


def word_answer(questions: Questions, reasons: Reasons, question: str) -> str:
    """The answer to one question, empty if nothing was said. Raises KeyError for an unknown key."""
    if question == ALL_TOGETHER:
        parts = (word_answer(questions, reasons, key) for key in questions.perspectives)
        return " ".join(part for part in parts if part)
    if question not in questions.texts:
        raise KeyError(question)
    reason = reasons.get(question, Reason())
    clauses = [
        clause(field, reason.phrases[field.key])
        for field in questions.form.fields
        if field.perspective == question and field.key in reason.phrases
    ]
    sentence = ", ".join(clauses)
    # As released: the text as it is, and a full stop even if it ends in one.
    spoken = [f"{sentence[0].upper()}{sentence[1:]}."] if clauses else []
    spoken += [f"{reason.text.strip()}."] if reason.text.strip() else []
    return " ".join(spoken)


def clause(field: FormField, level: int) -> str:
    """What a field's level says, without capital and full stop. Raises IndexError outside 1…n."""
    if not 1 <= level <= len(field.phrases):
        raise IndexError(f"{field.key}: level {level} is outside 1…{len(field.phrases)}")
    phrase = field.phrases[level - 1]
    said = field.clauses[level - 1] if field.clauses else f"the {field.label.lower()} is {phrase}"
    return _RELEASED.get((field.key, phrase), said)


def parse_answer(form: ExplanationForm, answer: str) -> dict[str, int]:
    """Field key → level, of the closed answers that `answer` words; others are left out.

    The first clause of a field counts, so that a free text after it changes nothing.
    """
    found = {field.key: _level_in(field, answer) for field in form.fields}
    return {key: level for key, level in found.items() if level is not None}


def parse_levels(form: ExplanationForm, answers: Mapping[str, str]) -> dict[str, int]:
    """Field key → level; each field is read from the answer about its perspective.

    answers: key of a question → the model's answer.
    """
    levels = {}
    for field in form.fields:
        found = parse_answer(form, answers[field.perspective]).get(field.key)
        if found is not None:
            levels[field.key] = found
    return levels


def _question(perspective: PerspectiveSettings) -> str:
    if perspective.key in AIGCIQA2023_PERSPECTIVES or not perspective.question.strip():
        return f"What is the {_name(perspective)} of the image?"
    return perspective.question.strip()


def _question_about_all(perspectives: Sequence[PerspectiveSettings]) -> str:
    names = [_name(item) for item in perspectives]
    count = _NUMBERS[len(names)] if len(names) < len(_NUMBERS) else str(len(names))
    noun = "perspective" if len(names) == 1 else "perspectives"
    return f"Assess the image from {count} {noun}: {_listed(names)}"


def _name(perspective: PerspectiveSettings) -> str:
    """In a sentence; those of AIGCIQA2023 have the paper's names whatever a study's labels are."""
    if perspective.key in AIGCIQA2023_PERSPECTIVES:
        return perspective.key
    return perspective.label.strip().lower()


def _listed(names: Sequence[str]) -> str:
    if len(names) < 3:
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"


def _level_in(field: FormField, answer: str) -> int | None:
    levels = {clause(field, level).casefold(): level for level in range(1, len(field.phrases) + 1)}
    # Longest first: one phrase may begin another.
    clauses = "|".join(re.escape(text) for text in sorted(levels, key=len, reverse=True))
    match = re.search(rf"(?<!\w)({clauses})(?!\w)", answer.casefold()) if levels else None
    return levels[match[1]] if match else None


def _explained(questions: Questions) -> list[str]:
    """The perspectives about which the form asks for reasons."""
    form = questions.form
    asked = {field.perspective for field in form.fields} | {text.perspective for text in form.texts}
    return [key for key in questions.perspectives if key in asked]
