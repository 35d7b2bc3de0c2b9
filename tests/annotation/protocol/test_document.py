"""The protocol as a document: one digest for what is equal, and nothing guessed on the way back."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM, default_perspectives
from annotation.protocol.document import (
    ImageSize,
    ProtocolDocument,
    ProtocolTexts,
    canonical_json,
)
from annotation.protocol.errors import ProtocolError
from annotation.protocol.forms import ExplanationAsking, ExplanationForm, When
from annotation.protocol.plan import PLAIN, SessionPlan
from annotation.protocol.reliability_rules import Effect, ReliabilityRules, Rule
from annotation.protocol.scales import SLIDER5
from annotation.protocol.viewing import ViewingChecks

TEXTS = ProtocolTexts("Cats", "I agree.", "Look.\n\nScore.", {"zh-hans": {"Cats": "猫"}})
PLAINEST = ProtocolDocument(
    default_perspectives()[:1],
    ExplanationForm(),
    ExplanationAsking(),
    PLAIN,
    ViewingChecks(),
    ReliabilityRules(),
    ImageSize.FIT,
    TEXTS,
)
FULL = ProtocolDocument(
    default_perspectives(SLIDER5),
    AIGCIQA2023_FORM,
    ExplanationAsking(When.SHARE, 0.1, 3),
    SessionPlan(one_per_pass=True),
    ViewingChecks(minimum_width=1000, greys=True),
    ReliabilityRules(gold=Rule(0.5, 6, Effect.STOP)),
    ImageSize.PIXELS,
    replace(TEXTS, translations={}),
)


def stored(document: ProtocolDocument) -> Any:
    return json.loads(canonical_json(document.to_json()))


@pytest.mark.parametrize("document", [PLAINEST, FULL])
def test_what_was_stored_says_the_same(document: ProtocolDocument) -> None:
    again = ProtocolDocument.from_json(stored(document))
    assert again == document
    assert again.sha256 == document.sha256


_words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
_scales = st.builds(
    lambda least, steps, step: replace(
        SLIDER5, minimum=least, maximum=least + steps * step, step=step, labels=()
    ),
    st.integers(0, 10),
    st.integers(1, 10),
    st.sampled_from([0.1, 0.5, 1, 2.0]),
)


@given(title=_words, consent=_words, help_=_words, scale=_scales, share=st.floats(0.01, 1))
def test_any_words_and_numbers_come_back(
    title: str, consent: str, help_: str, scale: Any, share: float
) -> None:
    document = replace(
        PLAINEST,
        perspectives=(replace(PLAINEST.perspectives[0], help=help_, scale=scale),),
        asking=ExplanationAsking(When.SHARE, share),
        texts=replace(TEXTS, title=title, consent=consent),
    )
    assert ProtocolDocument.from_json(stored(document)) == document


def test_a_digest_is_of_what_is_asked_and_not_of_how_it_was_typed() -> None:
    whole = replace(PLAINEST, plan=replace(PLAIN, repeat_share=0))
    assert whole.sha256 == PLAINEST.sha256
    assert canonical_json({"b": 1.0, "a": ["é", True, None]}) == '{"a":["é",true,null],"b":1}'
    for other in (
        replace(PLAINEST, image_size=ImageSize.PIXELS),
        replace(PLAINEST, texts=replace(TEXTS, consent="I agree!")),
        replace(PLAINEST, texts=replace(TEXTS, translations={})),
        replace(PLAINEST, plan=replace(PLAIN, daily_trials=1)),
    ):
        assert other.sha256 != PLAINEST.sha256


def changed(path: str, value: Any) -> dict[str, Any]:
    """The stored form of FULL with another value at `path`; `...` takes it out."""
    data = stored(FULL)
    *place, last = path.split(".")
    inner = data
    for name in place:
        inner = inner[name]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return dict(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "protocol: \\[\\] is not an object"),
        (changed("plan", ...), "protocol: plan is missing"),
        (changed("colour", "red"), "protocol: there is no 'colour'"),
        (changed("plan.block_trials", ...), "protocol: plan: something is left out"),
        (changed("plan.block_trials", 0), "session plan: block_trials is 0"),
        (changed("rules.gold", {}), "protocol: rules: something is left out"),
        (changed("viewing.phones", 1), "protocol: viewing: phones is 1"),
        (changed("asking.when", "never"), "protocol: asking: when is 'never'"),
        (changed("perspectives", {}), "protocol: perspectives is {}, not a list"),
        (changed("perspectives", []), "perspectives: give a list of at least one"),
        (changed("form", []), "protocol: form: \\[\\] is not an object"),
        (changed("form", {}), "protocol: form: something is left out"),
        (changed("image_size", "huge"), "protocol: image_size is 'huge'; give one of fit, pixels"),
        (changed("texts", None), "protocol: texts: None is not an object"),
        (changed("texts.title", ...), "protocol: texts: title is missing"),
        (changed("texts.consent", 5), "protocol: texts: consent is 5, not a text"),
        (changed("texts.subtitle", ""), "protocol: texts: there is no 'subtitle'"),
        (changed("texts.translations", {"zh_CN": {}}), "'zh_CN' is not a language code"),
        (changed("texts.translations", {"de": {"Cats": " "}}), "protocol: texts: something"),
    ],
)
def test_what_is_wrong_is_named(data: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        ProtocolDocument.from_json(data)
