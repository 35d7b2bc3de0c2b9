import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM, default_perspectives
from annotation.protocol.answers import Answer, parse_answer
from annotation.protocol.errors import ProtocolError
from annotation.protocol.forms import ExplanationForm
from annotation.protocol.marks import parse_regions, parse_words, pieces_of

SCORES = {"quality": 4, "authenticity": 3, "correspondence": 5}
DISTORTED, MISMATCH = AIGCIQA2023_FORM.texts
FORM = ExplanationForm(
    AIGCIQA2023_FORM.fields, (replace(DISTORTED, regions=True), replace(MISMATCH, words=True))
)
BOX = {"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.4}
DAB = {"points": [[0.5, 0.5]], "radius": 0.02}
SCRIPT = Path(__file__).parents[3] / "annotation/static/rating/prompt.js"


def parse(perspective: str, form: ExplanationForm = FORM, **marks: Any) -> Answer:
    return parse_answer(SCORES, {perspective: marks}, default_perspectives(), form)


def test_marks_alone_are_a_reason() -> None:
    (reason,) = parse("authenticity", regions=[BOX, DAB]).reasons.values()
    assert reason.regions == [BOX, DAB]
    (reason,) = parse("correspondence", words=[3, 0, 3]).reasons.values()
    assert reason.words == [0, 3]


def test_a_box_is_rounded_at_its_edges() -> None:
    # 0.33335 + 0.66665 is the whole width. Rounded by themselves the two would be 0.3333 or 0.3334
    # and 0.6667, up to 1.0001 together; rounded at its edges the box ends at 1.
    given = {"x": 0.33335, "y": 0.00004, "width": 0.66665, "height": 0.50004}
    (box,) = parse_regions([given], "here")
    assert box == {"x": 0.3333, "y": 0.0, "width": 0.6667, "height": 0.5001}
    # A rounded value stays as it is, or every repetition of an answer would revise it.
    assert parse_regions([box], "here") == [box]


def test_a_stroke_is_rounded_point_by_point() -> None:
    stroke = {"points": [[0.12345678, 1], [0, 0.99996]], "radius": 0.020049}
    assert parse_regions([stroke], "here") == [
        {"points": [[0.1235, 1.0], [0.0, 1.0]], "radius": 0.02}
    ]


@pytest.mark.parametrize(
    ("regions", "problem"),
    [
        ("all of it", "is not a list"),
        ([BOX] * 21, "21 are too many; at most 20 fit"),
        ([BOX, 4], ": 2: 4 is not an object"),
        ([{}], "has nothing; a box has x, y, width and height"),
        ([{**BOX, "angle": 1}], "has angle, height, width, x, y"),
        ([{**BOX, **DAB}], "a stroke points and radius"),
        ([{**BOX, "x": -0.1}], "x: -0.1 is not a number within 0…1"),
        ([{**BOX, "y": float("nan")}], "y: nan is not a number"),
        ([{**BOX, "width": True}], "width: True is not a number"),
        ([{**BOX, "height": 10**400}], "height: 1000"),
        ([{**BOX, "x": 0.8}], r"x \+ width: 1.1 is beyond the image's edge"),
        ([{**BOX, "height": 0.00001}], r"y \+ height: nothing is left of it"),
        ([{**DAB, "points": []}], "points: there are none"),
        ([{**DAB, "points": [[0.5, 0.5]] * 201}], "points: 201 are too many; at most 200 fit"),
        ([{**DAB, "points": [[0.5]]}], r"points: \[0.5\] is not a pair"),
        ([{**DAB, "points": [[0.5, 1.5]]}], "points: 1.5 is not a number within 0…1"),
        ([{**DAB, "radius": 0.00004}], "radius: nothing is left of it"),
    ],
)
def test_an_invalid_region_is_named_with_its_place(regions: object, problem: str) -> None:
    with pytest.raises(ProtocolError, match=f"explanations: authenticity: regions.*{problem}"):
        parse("authenticity", regions=regions)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("red", "'red' is not a list"),
        ([1, -1], "-1 is not the number of a word"),
        ([True], "True is not the number of a word"),
        ([1.0], "1.0 is not the number of a word"),
    ],
)
def test_an_invalid_number_of_a_word_is_named(words: object, problem: str) -> None:
    with pytest.raises(ProtocolError, match=f"explanations: correspondence: words: {problem}"):
        parse("correspondence", words=words)


def test_a_word_is_one_of_the_prompts() -> None:
    answer = parse("correspondence", words=[0, 4])
    assert answer.marks_words
    answer.check_words("two red cats, one  blue\ndog")
    with pytest.raises(
        ProtocolError, match="correspondence: words: there is no word 4; the prompt's 4 count"
    ):
        answer.check_words("two red cats asleep")
    assert not parse("authenticity", regions=[BOX]).marks_words


@pytest.mark.parametrize(
    ("perspective", "marks", "problem"),
    [
        ("authenticity", {"words": [0]}, "authenticity: words: the form asks for none"),
        ("correspondence", {"regions": [BOX]}, "correspondence: regions: the form asks for none"),
        ("quality", {"regions": [BOX]}, "quality: regions: the form asks for none"),
    ],
)
def test_marks_that_the_form_does_not_ask_for_are_refused(
    perspective: str, marks: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ProtocolError, match=f"explanations: {problem}"):
        parse(perspective, **marks)


def test_the_form_as_it_was_collected_asks_for_no_marks() -> None:
    with pytest.raises(ProtocolError, match="asks for none"):
        parse("authenticity", AIGCIQA2023_FORM, regions=[BOX])
    # Nothing marked is no mark.
    assert parse("authenticity", AIGCIQA2023_FORM, regions=[], words=[]).reasons == {}


def test_the_form_keeps_what_may_be_marked() -> None:
    stored = FORM.to_json()
    assert [(text["regions"], text["words"]) for text in stored["texts"]] == [
        (True, False),
        (False, True),
    ]
    assert ExplanationForm.from_json(stored) == FORM
    # A form that was stored before there were marks.
    for text in stored["texts"]:
        del text["regions"], text["words"]
    assert ExplanationForm.from_json(stored) == AIGCIQA2023_FORM


def test_a_switch_of_the_form_is_on_or_off() -> None:
    stored = FORM.to_json()
    stored["texts"][0]["regions"] = "no"
    with pytest.raises(ProtocolError, match="texts 1: regions is 'no', neither true nor false"):
        ExplanationForm.from_json(stored)


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "two red cats",
        "  two\u00a0red\u3000cats,\n\na \x1f dog\ufeffs\t",
        "été à l’œil 👩‍👩‍👧 3×4",
    ],
)
def test_words_are_those_of_pythons_split(prompt: str) -> None:
    pieces = pieces_of(prompt)
    assert [text for text, number in pieces if number is not None] == prompt.split()
    assert [number for _text, number in pieces if number is not None] == [
        *range(len(prompt.split()))
    ]
    assert "".join(text for text, _number in pieces) == prompt


def test_chinese_characters_are_words_by_themselves() -> None:
    words = [text for text, number in pieces_of("两只猫,red 𠀀cat猫") if number is not None]
    assert words == ["两", "只", "猫", ",red", "𠀀", "cat", "猫"]


def test_the_page_divides_prompts_as_the_server_does() -> None:
    classes = dict(re.findall(r'^const (SPACE|HAN) = "(.*)";$', SCRIPT.read_text(), re.MULTILINE))
    # JavaScript's \u{…} is Python's \U…; all else reads the same in both.
    patterns = {
        name: re.compile(
            f"[{re.sub(r'u{(.+?)}', lambda m: f'U{int(m[1], 16):08x}', text)}]".replace(r"\\", "\\")
        )
        for name, text in classes.items()
    }
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        assert bool(patterns["SPACE"].match(character)) == character.isspace(), hex(code)
        alone = pieces_of(f"a{character}a") == [("a", 0), (character, 1), ("a", 2)]
        assert bool(patterns["HAN"].match(character)) == alone, hex(code)


def test_numbers_of_words_are_kept_once_and_in_order() -> None:
    assert parse_words([5, 2, 5], "here") == [2, 5]
