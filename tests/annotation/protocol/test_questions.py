import csv
import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from annotation.protocol.aigciqa2023 import (
    AIGCIQA2023_FORM,
    AIGCIQA2023_PERSPECTIVES,
    default_perspectives,
)
from annotation.protocol.answers import Reason
from annotation.protocol.errors import ProtocolError
from annotation.protocol.forms import ExplanationForm, FormField, FormText
from annotation.protocol.perspectives import ALL_TOGETHER, PerspectiveSettings
from annotation.protocol.questions import (
    Pair,
    Questions,
    clause,
    pairs_of,
    parse_answer,
    parse_levels,
    word_answer,
)
from annotation.protocol.scales import ACR5
from tests.shared_data import require_shared

FORM = AIGCIQA2023_FORM
QUESTIONS = Questions.of(default_perspectives(), FORM)

#: All differences between the released pairs and ours: (image, question) → what they are.
#: 100 and 1285 keep white space at the end of the text; 749 and 2226 have a level that does not
#: exist (0 and 11) in the table, where the sentence has a phrase. Each is in the whole answer too.
WHITE_SPACE = {
    (100, "correspondence"),
    (100, ALL_TOGETHER),
    (1285, "correspondence"),
    (1285, ALL_TOGETHER),
}
NO_SUCH_LEVEL = {
    (749, "authenticity"): "The image is essentially distortion-free. ",
    (749, ALL_TOGETHER): "The image is essentially distortion-free. ",
    (2226, "correspondence"): "The image and its prompt are essentially consistent. ",
    (2226, ALL_TOGETHER): "The image and its prompt are essentially consistent. ",
}


def released_reasons(row: Mapping[str, str]) -> dict[str, Reason]:
    """The row of explanations.csv, without levels that its form does not have."""
    reasons = {}
    for perspective in AIGCIQA2023_PERSPECTIVES:
        levels = {
            field.key: int(row[field.key])
            for field in FORM.fields
            if field.perspective == perspective
            and int(row[field.key]) in range(1, len(field.phrases) + 1)
        }
        reasons[perspective] = Reason(levels, row.get(f"{perspective}_text_en") or "")
    return reasons


def test_the_released_pairs_are_ours_but_for_eight_that_are_explained() -> None:
    folder = require_shared("data/aigciqa2023plus")
    with (folder / "explanations.csv").open(encoding="utf-8-sig", newline="") as file:
        reasons = {int(row["index"]): released_reasons(row) for row in csv.DictReader(file)}
    names = {words: name for name, words in QUESTIONS.texts.items()}
    released = {}
    for line in (folder / "instruct.jsonl").read_text().splitlines():
        entry = json.loads(line)
        released[entry["id"], names[entry["question"]]] = entry["answer"]
    assert len(released) == 2400 * 4

    ours = {(image, name): word_answer(QUESTIONS, reasons[image], name) for image, name in released}
    different = {key for key in released if ours[key] != released[key]}
    assert different == WHITE_SPACE | NO_SUCH_LEVEL.keys()
    for key in WHITE_SPACE:
        text = reasons[key[0]]["correspondence"].text
        assert released[key] == ours[key].replace(f"{text.strip()}.", f"{text}.")
        assert text != text.strip()
    for key, sentence in NO_SUCH_LEVEL.items():
        assert released[key].replace(sentence, "") == ours[key]


def test_every_level_of_the_released_sentences_is_read_back() -> None:
    folder = require_shared("data/aigciqa2023plus")
    with (folder / "explanations.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {int(row["index"]): row for row in csv.DictReader(file)}
    keys = [field.key for field in FORM.fields]
    whole = QUESTIONS.texts[ALL_TOGETHER]
    wrong = {}
    for line in (folder / "instruct.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if entry["question"] == whole:
            found = parse_answer(FORM, entry["answer"])
            wanted = {key: int(rows[entry["id"]][key]) for key in keys}
            if found != wanted:
                wrong[entry["id"]] = {key for key in keys if found.get(key) != wanted[key]}
    # The two levels that do not exist are read as what their sentences say.
    assert wrong == {749: {"authenticity_distortion"}, 2226: {"correspondence_consistency"}}


def test_the_pairs_of_a_rater_are_those_that_were_answered() -> None:
    reasons = {
        "authenticity": Reason({"authenticity_distortion": 2}, "six fingers"),
        "correspondence": Reason({"correspondence_consistency": 3}),
    }
    assert list(pairs_of(QUESTIONS, reasons)) == [
        Pair("authenticity", "The image is partially distorted. six fingers."),
        Pair("correspondence", "The image and its prompt are essentially consistent."),
    ]
    quality = Reason({"quality_clarity": 1, "quality_outline": 1, "quality_detail": 3})
    whole = list(pairs_of(QUESTIONS, {**reasons, "quality": quality}))[-1]
    assert whole == Pair(
        ALL_TOGETHER,
        "The image quality is very blurry, the image outline and content cannot be distinguished, "
        "the image quality details are essentially sufficient. The image is partially distorted. "
        "six fingers. The image and its prompt are essentially consistent.",
    )


def test_silence_makes_no_pair() -> None:
    assert list(pairs_of(QUESTIONS, {})) == []
    assert (
        list(
            pairs_of(replace(QUESTIONS, form=ExplanationForm()), {"quality": Reason({"a": 1}, "")})
        )
        == []
    )


def test_a_study_with_a_form_of_its_own_is_worded_by_its_labels() -> None:
    field = FormField("light", "quality", "Light", ("good", "good enough", "差"))
    form = ExplanationForm((field,), (FormText("quality", "Why?", "light"),))
    questions = Questions.of(default_perspectives(), form)
    reasons = {"quality": Reason({"light": 2}, "too bright")}
    assert list(pairs_of(questions, reasons)) == [
        Pair("quality", "The light is good enough. too bright."),
        # It asks about quality alone, so that is the whole.
        Pair(ALL_TOGETHER, "The light is good enough. too bright."),
    ]
    for level in (1, 2, 3):
        said = {"quality": Reason({"light": level})}
        assert parse_answer(form, word_answer(questions, said, "quality")) == {"light": level}


@pytest.mark.parametrize(
    ("answer", "levels"),
    [
        ("", {}),
        ("the image is the image is", {}),
        ("The image is partially", {}),
        ("The image is partially distorted", {"authenticity_distortion": 2}),
        ("The image is highly distortedly.", {}),
        # What the free text says after it is not the answer.
        (
            "The image is highly distorted. the image is partially distorted.",
            {"authenticity_distortion": 1},
        ),
        ("THE IMAGE QUALITY IS VERY CLEAR, noise", {"quality_clarity": 4}),
    ],
)
def test_what_no_phrase_words_is_left_out(answer: str, levels: dict[str, int]) -> None:
    assert parse_answer(FORM, answer) == levels


def test_a_level_outside_the_form_is_named() -> None:
    field = replace(FORM.fields[0], phrases=("a", "b"), clauses=())
    with pytest.raises(IndexError, match="quality_clarity: level 3 is outside 1…2"):
        clause(field, 3)


def perspective(key: str, label: str, question: str = "") -> PerspectiveSettings:
    return PerspectiveSettings(key, label, question, ACR5)


def test_the_three_of_the_paper_are_asked_about_in_its_words() -> None:
    assert list(QUESTIONS.texts.values()) == [
        "What is the quality of the image?",
        "What is the authenticity of the image?",
        "What is the correspondence of the image?",
        "Assess the image from three perspectives: quality, authenticity, and correspondence",
    ]
    renamed = [perspective(key, "别的", "别的？") for key in AIGCIQA2023_PERSPECTIVES]
    assert Questions.of(renamed, FORM) == QUESTIONS


@pytest.mark.parametrize(
    ("perspectives", "texts"),
    [
        (
            [perspective("beauty", "Beauty", "How beautiful is it? ")],
            {
                "beauty": "How beautiful is it?",
                "overall": "Assess the image from one perspective: beauty",
            },
        ),
        (
            [perspective("beauty", "Beauty"), perspective("quality", "Technical quality", "Good?")],
            {
                "beauty": "What is the beauty of the image?",
                "quality": "What is the quality of the image?",
                "overall": "Assess the image from two perspectives: beauty and quality",
            },
        ),
        (
            [perspective(f"p{n}", f"View {n}", f"How is view {n}?") for n in range(1, 6)],
            {f"p{n}": f"How is view {n}?" for n in range(1, 6)}
            | {
                "overall": "Assess the image from five perspectives: view 1, view 2, view 3, "
                "view 4, and view 5"
            },
        ),
        (
            [perspective(f"p{n}", str(n)) for n in range(12)],
            {f"p{n}": f"What is the {n} of the image?" for n in range(12)}
            | {
                "overall": "Assess the image from 12 perspectives: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, "
                "10, and 11"
            },
        ),
    ],
)
def test_one_question_is_asked_for_each_perspective_and_one_for_all(
    perspectives: list[PerspectiveSettings], texts: dict[str, str]
) -> None:
    questions = Questions.of(perspectives, ExplanationForm())
    assert list(questions.texts.items()) == list(texts.items())
    assert questions.perspectives == [item.key for item in perspectives]


def test_what_is_said_of_five_perspectives_is_worded_in_their_order() -> None:
    keys = ["e", "d", "c", "b", "a"]
    fields = tuple(FormField(f"f_{key}", key, key, ("bad", "good")) for key in sorted(keys))
    questions = Questions.of([perspective(key, key) for key in keys], ExplanationForm(fields))
    reasons = {key: Reason({f"f_{key}": 1 + (key in "ab")}) for key in keys}
    pairs = {pair.question: pair.answer for pair in pairs_of(questions, reasons)}
    assert list(pairs) == [*keys, ALL_TOGETHER]
    assert pairs["e"] == "The e is bad."
    assert pairs[ALL_TOGETHER] == (
        "The e is bad. The d is bad. The c is bad. The b is good. The a is good."
    )
    assert parse_levels(questions.form, pairs) == {
        "f_a": 2, "f_b": 2, "f_c": 1, "f_d": 1, "f_e": 1,
    }  # fmt: skip


def test_another_question_than_the_study_s_is_an_error() -> None:
    with pytest.raises(KeyError, match="beauty"):
        word_answer(QUESTIONS, {}, "beauty")


def test_no_perspective_is_called_what_all_of_them_are() -> None:
    with pytest.raises(ProtocolError, match="'overall': this key means all perspectives together"):
        perspective("overall", "Overall")
