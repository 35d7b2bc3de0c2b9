"""Question and answer pairs about pictures, as LLaVA and its kin are tuned on them. Pure.

One line per pair, a file per split: whoever tunes on one never has the hold-out's by mistake. Every
line has every key.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ....protocol.perspectives import ALL_TOGETHER
from ....protocol.questions import Questions, pairs_of
from ..facts import SPLITS, DatasetFacts, StoredFile
from .base import FOLDER, FORMS, Files
from .said import json_lines, release_in_words, text
from .tables import Tables, rows_of
from .words import RULE, Words, WordsByImage, words_of

_FOLDER = f"{FOLDER}/chat"
_IMAGE = ("stimulus", "split", "filename", "sha256")


@dataclass(frozen=True)
class Chat:
    name: str = "chat"
    version: str = "1"
    citation: str = "Liu et al., Visual instruction tuning, NeurIPS 2023: LLaVA's training data"
    label: str = "LLaVA: question and answer pairs in JSON Lines, and whose words they are"

    def lacks(self, facts: DatasetFacts, tables: Tables) -> str:
        return "" if words_of(facts, tables) else "It needs an image with a reason."

    def files(self, facts: DatasetFacts, tables: Tables, stored: Sequence[StoredFile]) -> Files:
        words = words_of(facts, tables)
        for split in SPLITS:
            # A reader that guesses types takes no empty file.
            if any(_pairs(facts, tables, words, split)):
                path = f"{_FOLDER}/{split}.jsonl"
                yield path, json_lines(_pairs(facts, tables, words, split))
        yield f"{_FOLDER}/README.md", text(_readme(facts))


def _pairs(
    facts: DatasetFacts, tables: Tables, words: WordsByImage, split: str
) -> Iterator[dict[str, Any]]:
    questions = Questions.of(facts.study.perspectives, tables.form)
    for image in rows_of(tables.main, _IMAGE):
        given = words.get(image["stimulus"], {}) if image["split"] == split else {}
        reasons = {key: item.reason for key, item in given.items()}
        for pair in pairs_of(questions, reasons):
            asked = questions.texts[pair.question]
            yield {
                "id": f"{image['sha256'] or image['filename']}/{pair.question}",
                "image": tables.path_of(image),
                "conversations": [
                    {"from": "human", "value": f"<image>\n{asked}"},
                    {"from": "gpt", "value": pair.answer},
                ],
                "perspective": pair.question,
                "rater": _whose(given, pair.question),
                "split": split,
                "dataset": facts.name,
                "release": facts.report.name,
            }


def _whose(given: dict[str, Words], question: str) -> str:
    """One code; several, in the order of perspectives, if the answer is about all of them."""
    if question != ALL_TOGETHER:
        return given[question].rater
    return ", ".join(dict.fromkeys(words.rater for words in given.values()))


def _readme(facts: DatasetFacts) -> Iterator[str]:
    yield release_in_words(facts)
    yield ""
    yield "One line per question that has an answer. Pictures are below the archive's folder."
    yield "No line has scores, nulls or times. Answers are worded as those of AIGCIQA2023+."
    yield RULE


FORMS.register(Chat())
