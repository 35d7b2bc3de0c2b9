"""What people said of an image, as answers to the paper's four questions, and back.

One question for each perspective and one for all three (MINT-IQA, arXiv 2405.07346, section 3.3),
worded as the released question/answer pairs word them (AIGCIQA2023+, `instruct.jsonl`): the
perspective's closed answers in one sentence, then the free text with a full stop of its own. What
the released pairs do otherwise is listed in docs/models.md.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from annotation.protocol.answers import Reason
from annotation.protocol.forms import ExplanationForm, FormField
from annotation.protocol.perspectives import PERSPECTIVES

#: The question for all three perspectives, beside those for one.
OVERALL = "overall"

#: Name of a question → its words.
QUESTIONS: dict[str, str] = {
    **{str(name): f"What is the {name} of the image?" for name in PERSPECTIVES},
    OVERALL: "Assess the image from three perspectives: quality, authenticity, and correspondence",
}

Reasons = Mapping[str, Reason]

#: (Key of a field, phrase) → the clause where the released sentences have another one than the
#: form's, which raters read.
_RELEASED = {
    ("quality_detail", "essentially sufficient"): (
        "the image quality details are essentially sufficient"
    ),
}


@dataclass(frozen=True)
class Pair:
    """One question, by its name in `QUESTIONS`, and what was answered."""

    question: str
    answer: str


def pairs_of(form: ExplanationForm, reasons: Reasons) -> Iterator[Pair]:
    """The questions to which `reasons` hold an answer; the last one only where each does.

    A perspective that the form does not ask about is no part of the whole.
    """
    wordings = {name: word_answer(form, reasons, str(name)) for name in _asked(form)}
    for name, answer in wordings.items():
        if answer:
            yield Pair(str(name), answer)
    if wordings and all(wordings.values()):
        yield Pair(OVERALL, " ".join(wordings.values()))


def word_answer(form: ExplanationForm, reasons: Reasons, question: str) -> str:
    """The answer to one question, empty where nothing was said. Raises KeyError for another one."""
    if question == OVERALL:
        parts = (word_answer(form, reasons, str(name)) for name in PERSPECTIVES)
        return " ".join(part for part in parts if part)
    perspective = {str(name): name for name in PERSPECTIVES}[question]
    reason = reasons.get(perspective, Reason())
    clauses = [
        clause(field, reason.phrases[field.key])
        for field in form.fields
        if field.perspective == perspective and field.key in reason.phrases
    ]
    sentence = ", ".join(clauses)
    # As released: the text as it stands, and a full stop also where it ends in one.
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


def _level_in(field: FormField, answer: str) -> int | None:
    levels = {clause(field, level).casefold(): level for level in range(1, len(field.phrases) + 1)}
    # Longest first: one phrase may begin another.
    wordings = "|".join(re.escape(text) for text in sorted(levels, key=len, reverse=True))
    match = re.search(rf"(?<!\w)({wordings})(?!\w)", answer.casefold()) if levels else None
    return levels[match[1]] if match else None


def _asked(form: ExplanationForm) -> list[str]:
    asked = {field.perspective for field in form.fields} | {text.perspective for text in form.texts}
    return [name for name in PERSPECTIVES if name in asked]
