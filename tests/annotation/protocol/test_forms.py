"""The default form against what was collected with it: the AIGCIQA2023+ release, image by image."""

import csv
import json
import re
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM, AIGCIQA2023_PERSPECTIVES
from annotation.protocol.errors import ProtocolError
from annotation.protocol.forms import ExplanationForm, FormField
from tests.shared_data import require_shared

#: How the released answers word each field; the chosen phrase is in brackets.
WORDINGS = {
    "quality_clarity": r"[Tt]he image quality is ([^,]+),",
    "quality_outline": r"the image outline and content (?:are )?([^,]+),",
    "quality_detail": r"the image (?:quality )?details are ([^,.]+)\.",
    "authenticity_distortion": r"^The image is ([^.]+)\.",
    "correspondence_consistency": r"^The image and its prompt are ([^.]+)\.",
}
#: Levels that do not exist: an authenticity of 0 and a correspondence of 11 were released.
SLIPS = 2


@pytest.fixture(scope="module")
def collected() -> list[dict[str, str]]:
    path = require_shared("data/aigciqa2023plus/explanations.csv")
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def answers() -> dict[int, dict[str, str]]:
    """Image → perspective → the released answer."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    path = require_shared("data/aigciqa2023plus/instruct.jsonl")
    for line in path.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        for perspective in AIGCIQA2023_PERSPECTIVES:
            if pair["question"] == f"What is the {perspective} of the image?":
                found[pair["id"]][perspective] = pair["answer"]
    return found


def test_fields_are_the_columns_that_were_collected(collected: list[dict[str, str]]) -> None:
    closed = [name for name in collected[0] if name in WORDINGS]
    assert [field.key for field in AIGCIQA2023_FORM.fields] == closed
    texts = [name.removesuffix("_text_en") for name in collected[0] if name.endswith("_text_en")]
    assert [text.perspective for text in AIGCIQA2023_FORM.texts] == texts


def test_each_level_has_the_phrase_of_the_released_answers(
    collected: list[dict[str, str]], answers: dict[int, dict[str, str]]
) -> None:
    compared: Counter[str] = Counter()
    for field in AIGCIQA2023_FORM.fields:
        for row in collected:
            level = int(row[field.key])
            if not 1 <= level <= len(field.phrases):
                continue
            answer = answers[int(row["index"])][field.perspective]
            match = re.search(WORDINGS[field.key], answer)
            assert match, answer
            assert match[1] == field.phrases[level - 1]
            compared[f"{field.key} {level}"] += 1
    assert sum(compared.values()) == 5 * 2400 - SLIPS
    assert len(compared) == 4 + 4 + 4 + 3 + 3, "every phrase was met"


def test_clauses_make_the_released_sentences(
    collected: list[dict[str, str]], answers: dict[int, dict[str, str]]
) -> None:
    differ = 0
    for row in collected:
        for perspective in AIGCIQA2023_PERSPECTIVES:
            fields = [item for item in AIGCIQA2023_FORM.fields if item.perspective == perspective]
            clauses = [
                field.clauses[int(row[field.key]) - 1]
                for field in fields
                if 1 <= int(row[field.key]) <= len(field.phrases)
            ]
            sentence = f"{', '.join(clauses)}."
            # The release says both "image details" and "image quality details".
            answer = answers[int(row["index"])][perspective].replace("quality details", "details")
            differ += not answer.casefold().startswith(sentence)
    assert differ == SLIPS


def test_clauses_say_each_phrase_or_none() -> None:
    field = FormField("light", "quality", "Light", ("dark", "fine"))
    assert field.says() == [("dark", "Light: dark"), ("fine", "Light: fine")]
    with pytest.raises(ProtocolError, match="light: 1 clauses cannot word each of 2 phrases"):
        replace(field, clauses=("the light is dark",))


def test_texts_are_asked_after_the_levels_they_were_collected_for(
    collected: list[dict[str, str]],
) -> None:
    for text in AIGCIQA2023_FORM.texts:
        given: Counter[tuple[bool, bool]] = Counter()
        for row in collected:
            asked = int(row[text.field]) <= text.at_most
            given[asked, bool(row[f"{text.perspective}_text_en"].strip())] += 1
        # Two levels and no more: a handful of 2,400 were released otherwise.
        assert given[True, False] <= 1
        assert given[False, True] <= 10
        assert given[True, True] > 1300
        assert given[False, False] > 1000


@pytest.mark.parametrize(
    ("fields", "texts", "says"),
    [
        ({"label": " "}, {}, "'light' ' ': both need a name"),
        ({"phrases": ["dark"]}, {}, r"light: \['dark'\] must be at least two phrases"),
        ({"phrases": ["dark", ""]}, {}, "must be at least two phrases"),
        ({"clauses": ["dark"]}, {}, "light: 1 clauses cannot word each of 2 phrases"),
        ({}, {"label": ""}, "light: a text asks for nothing"),
        ({}, {"at_most": 3}, "light: at_most is 3; give 1 to 2"),
        ({}, {"at_most": 0}, "light: at_most is 0; give 1 to 2"),
        ({}, {"field": "shade"}, "a text refers to an unknown field 'shade'"),
        ({"phrase": []}, {}, "fields 1: there is no 'phrase'"),
        ({"label": 3}, {}, "fields 1: label is 3, not a text"),
        ({"phrases": "dark"}, {}, "fields 1: phrases is 'dark', not a list"),
        ({}, {"at_most": "2"}, "texts 1: at_most is '2', not a whole number"),
    ],
)
def test_a_form_that_cannot_be_asked_is_refused_by_name(
    fields: dict[str, object], texts: dict[str, object], says: str
) -> None:
    about = {"perspective": "quality"}
    field = {**about, "key": "light", "label": "Light", "phrases": ["dark", "fine"]}
    text = {**about, "label": "Where?", "field": "light", "at_most": 1}
    form = {"fields": [{**field, **fields}], "texts": [{**text, **texts}]}
    with pytest.raises(ProtocolError, match=f"^explanation form: (?!explanation).*{says}"):
        ExplanationForm.from_json(form)


def test_two_fields_of_one_key_are_no_form() -> None:
    field = AIGCIQA2023_FORM.fields[0]
    with pytest.raises(ProtocolError, match="are not unique"):
        ExplanationForm(fields=(field, field))
