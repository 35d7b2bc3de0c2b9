"""Which texts are one: by what a person would call the same, or not, who sees them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.protocol.spelling import form_sha256, name_form, prompt_form

CAFE = "A red caf\N{LATIN SMALL LETTER E WITH ACUTE} beside a cat"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(CAFE, unicodedata.normalize("NFD", CAFE), id="composition"),
        pytest.param("A cat", "a CAT", id="case"),
        pytest.param(
            "Gro\N{LATIN SMALL LETTER SHARP S}e Stra\xdfe", "GROSSE STRASSE", id="sharp s"
        ),
        pytest.param(
            "\u03bf \u03a3\u039f\u03a6\u039f\u03a3",
            "\u03bf \u03c3\u03bf\u03c6\u03bf\u03c2",
            id="final sigma",
        ),
        pytest.param("a cat", "  a\n\tcat ", id="white space"),
        pytest.param("a cat", "a\N{NO-BREAK SPACE}cat", id="no-break space"),
        pytest.param("a cat", "a\N{IDEOGRAPHIC SPACE}cat", id="wide space"),
        pytest.param("a cat", "a cat.", id="full stop"),
        pytest.param("a cat", "a cat !?", id="marks"),
        pytest.param("a cat", "a cat\N{HORIZONTAL ELLIPSIS}", id="ellipsis"),
        pytest.param("a cat, a dog", "a cat, a dog,", id="hanging comma"),
        pytest.param("一只红色的狗", "一只红色的狗。", id="Chinese full stop"),
        pytest.param("一只红色的狗", "一只红色的狗\uff0e", id="wide full stop"),
        pytest.param("一只红色的狗", "一只红色的狗\uff61", id="narrow Chinese full stop"),
        pytest.param("一只红色的狗！", "一只红色的狗", id="wide exclamation mark"),
        pytest.param("一只红色的\n狗", "一只红色的狗", id="Chinese across lines"),
        pytest.param("猫，狗", "猫,狗", id="wide comma within"),
        pytest.param(
            "\u0915\u0941\u0924\u094d\u0924\u093e\u0964",
            "\u0915\u0941\u0924\u094d\u0924\u093e",
            id="danda",
        ),
        pytest.param("\uff21 \uff52\uff45\uff44 cat", "A red cat", id="wide letters"),
        pytest.param("\uff76\uff9e", "ガ", id="narrow kana"),
        pytest.param("a \ufb01sh", "a fish", id="ligature"),
        pytest.param(
            "\U0001d5ee \U0001d5f0\U0001d5ee\U0001d601", "a cat", id="letters of a typeface"
        ),
        pytest.param("a cat\N{RIGHT SINGLE QUOTATION MARK}s tail", "a cat's tail", id="apostrophe"),
        pytest.param(
            "a \N{LEFT DOUBLE QUOTATION MARK}stop\N{RIGHT DOUBLE QUOTATION MARK} sign",
            'a "stop" sign',
            id="quotes",
        ),
        pytest.param("noon \N{EN DASH} a cat", "noon - a cat", id="dash"),
        pytest.param("\N{ZERO WIDTH NO-BREAK SPACE}a cat", "a cat", id="byte order mark"),
        pytest.param("a ca\N{SOFT HYPHEN}t", "a cat", id="soft hyphen"),
        pytest.param(
            "a \N{HEAVY BLACK HEART}\ufe0f", "a \N{HEAVY BLACK HEART}", id="variation selector"
        ),
    ],
)
def test_these_are_one_prompt(one: str, other: str) -> None:
    assert prompt_form(one) == prompt_form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a cat", "a bat"),
        ("a cat", "cat"),
        ("a cat", "acat"),
        ("a cat, a dog", "a cat a dog"),
        ("x\N{SUPERSCRIPT TWO} + y", "x2 + y"),
        ("\N{VULGAR FRACTION ONE HALF} a cake", "1/2 a cake"),
        ("a \N{CIRCLED DIGIT ONE}", "a 1"),
        ("caf\N{LATIN SMALL LETTER E WITH ACUTE}", "cafe"),
        ("a resume", "a r\xe9sum\xe9"),
        ("一只狗", "一只猫"),
        ("...", "!!!"),
        ("\N{ZERO WIDTH SPACE}", "\N{ZERO WIDTH JOINER}"),
    ],
)
def test_these_are_two_prompts(one: str, other: str) -> None:
    assert prompt_form(one) != prompt_form(other)


@pytest.mark.parametrize(
    "other", ["gpt-4o", "GPT-4o ", "\uff27PT-4o", "GPT\N{NON-BREAKING HYPHEN}4o"]
)
def test_these_are_one_generator(other: str) -> None:
    assert name_form("GPT-4o") == name_form(other)


@pytest.mark.parametrize("other", ["GPT 4o", "GPT-4", "GPT4o", "GPT-4o!"])
def test_these_are_two_generators(other: str) -> None:
    assert name_form("GPT-4o") != name_form(other)


@given(st.text())
def test_a_form_is_its_own_form_however_the_text_was_composed(text: str) -> None:
    form = prompt_form(text)
    assert prompt_form(form) == form
    for composition in ("NFC", "NFD"):
        assert prompt_form(unicodedata.normalize(composition, text)) in (
            form,
            unicodedata.normalize(composition, text),  # nothing in it can be seen
        )


def test_what_is_stored_is_of_one_length() -> None:
    assert len(form_sha256(prompt_form("a" * 5000))) == 64


@given(st.text(st.characters(codec="ascii"), min_size=1))
def test_plain_letters_have_the_form_that_they_have_next_to_others(text: str) -> None:
    assert name_form(f"a{text}é") == f"{name_form(f'a{text}e')[:-1]}é"
