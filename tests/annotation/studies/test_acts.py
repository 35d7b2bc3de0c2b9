"""Every act of the audit trail has a sentence in both languages."""

import ast
from collections.abc import Iterator
from itertools import chain, product
from typing import Any

import pytest
from django.utils.translation import override

from annotation.models import AuditEntry, Rater, Stimulus, Study, Webhook
from annotation.protocol.reliability_rules import BOUNDS
from annotation.studies.acts import _NAMES, ACTS, said
from annotation.studies.services import SETTINGS
from workbench.settings import BASE_DIR

#: What stands for a variable part of an action.
PARTS = {
    "study": Study.Status.values,
    "rater": Rater.Status.values,
    "image": Stimulus.State.values,
    "webhook": Webhook.State.values,
}
#: A study is made as a draft and does not become one again.
NEVER = {"study.draft", "study.deleting"}


def calls() -> Iterator[ast.Call]:
    for package in ("annotation", "modelops", "workbench"):
        for path in (BASE_DIR / package).rglob("*.py"):
            if "migrations" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    yield node


def branches(value: ast.expr) -> list[ast.expr]:
    return [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]


def actions_of(call: ast.Call) -> list[str]:
    """The actions that a call records; an f-string is `noun.{state}`."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    given: list[ast.expr] = [word.value for word in call.keywords if word.arg == "action"]
    if name == "tell":
        given += call.args[1:2]
    if name not in ("record", "tell"):
        return []
    found: list[str] = []
    for value in chain.from_iterable(map(branches, given)):
        if isinstance(value, ast.Constant):
            found.append(str(value.value))
        elif isinstance(value, ast.JoinedStr) and isinstance(value.values[0], ast.Constant):
            noun = str(value.values[0].value)
            found += [noun + part for part in PARTS[noun.removesuffix(".")]]
    return found


def test_every_act_has_words() -> None:
    recorded = {action for call in calls() for action in actions_of(call)} - NEVER
    assert len(recorded) > 30, "or the search finds nothing"
    assert sorted(recorded - ACTS.keys()) == []


def test_every_setting_and_rule_has_words() -> None:
    assert set(_NAMES["settings"]) >= set(SETTINGS)
    assert set(_NAMES["rules"]) == set(BOUNDS)


@pytest.mark.parametrize(("action", "language"), list(product(ACTS, ("en", "zh-hans"))))
def test_words_need_nothing_that_is_not_there(action: str, language: str) -> None:
    with override(language):
        assert said(AuditEntry(action=action))


@pytest.mark.parametrize(
    ("action", "detail", "words"),
    [
        (
            "study.changed",
            {"settings": ["reliability_rules", "title"]},
            "Changed the settings: rules for raters, title",
        ),
        (
            "raters.downloaded",
            {"what": "links", "names": True},
            "Downloaded personal links, with names",
        ),
        (
            "rater.screened_out",
            {"rater": "ABC"},
            "Ended the session of rater ABC, who did not pass practice",
        ),
        (
            "rater.stopped",
            {"rater": "ABC", "rules": ["gold", "away"]},
            "Ended the session of rater ABC by the rules: gold images, away for long",
        ),
        ("rater.active", {"rater": "ABC", "reason": ""}, "Included rater ABC again: –"),
        (
            "model.promoted",
            {"number": 2, "predictor": "quality", "previous": 1},
            "Took version 2 of quality into use (before: 1)",
        ),
        (
            "model.kept_back",
            {"number": 2, "active": 1, "srcc": 0.5, "active_srcc": 0.61239},
            "Kept model version 1 in use: version 2 has not shown that it is as good (SRCC 0.500, "
            "not 0.612)",
        ),
        (
            "model.overridden",
            {"number": 2, "predictor": "quality", "previous": 1, "reason": "more labels"},
            "Took version 2 of quality into use (before: 1), although the hold-out does not show "
            "that it is as good: more labels",
        ),
        (
            "model.waits",
            {"number": 2, "active": 1},
            "Left version 2 to a person: the hold-out is too small to compare it with version 1",
        ),
        (
            "release.made",
            {"name": "a" * 64, "method": "m"},
            f"Kept the opinion scores as “{'a' * 12}…” (method: m)",
        ),
        ("of.later", {}, "of.later"),
    ],
)
def test_an_act_is_said_in_words(action: str, detail: dict[str, Any], words: str) -> None:
    with override("en"):
        assert said(AuditEntry(action=action, detail=detail)) == words
