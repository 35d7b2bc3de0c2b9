"""Default texts are known to the translators; owners' own words pass unchanged."""

from collections.abc import Iterable

import pytest

from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM, default_perspectives
from annotation.protocol.forms import ExplanationForm
from annotation.protocol.perspectives import PerspectiveSettings
from annotation.studies import texts


@pytest.fixture
def _marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language in which every text known to the translators is put in brackets."""
    known = {*texts._DEFAULTS, texts.DEFAULT_CONSENT, texts.DEFAULT_INSTRUCTIONS}
    monkeypatch.setattr(texts, "gettext", lambda text: f"[{text}]" if text in known else text)


@pytest.mark.usefixtures("_marked")
def test_every_default_text_is_known() -> None:
    said = _parts(default_perspectives(), AIGCIQA2023_FORM)
    said += [texts.DEFAULT_CONSENT, texts.DEFAULT_INSTRUCTIONS]
    reader = texts.StudyTexts(texts.resolved_translations(said, {}))
    shown = _parts(map(reader.perspective, default_perspectives()), reader.form(AIGCIQA2023_FORM))
    shown += map(reader.word, [texts.DEFAULT_CONSENT, texts.DEFAULT_INSTRUCTIONS])
    assert [part for part in shown if not part.startswith("[")] == []
    assert len(shown) == 3 * 8 + 5 * 1 + 2 * (4 * 3 + 3 * 2) + 2 + 2


def test_owners_words_and_empty_texts_pass_unchanged() -> None:
    assert texts.localized("Is it pretty?") == "Is it pretty?"
    assert texts.localized("") == ""
    assert texts.StudyTexts({}).word("Our own terms.") == "Our own terms."


def test_an_owners_translation_goes_before_that_of_a_default_text() -> None:
    own = {"zh-hans": {"Quality": "画质"}, "en": {"Quality": " "}}
    found = texts.resolved_translations(["Quality", "Authenticity", "Our own"], own)
    assert list(found) == ["zh-hans"]
    assert found["zh-hans"]["Quality"] == "画质"
    assert "Authenticity" in found["zh-hans"]
    assert "Our own" not in found["zh-hans"]


def _parts(perspectives: Iterable[PerspectiveSettings], form: ExplanationForm) -> list[str]:
    parts = [
        part
        for item in perspectives
        for part in (item.label, item.question, item.help, *item.scale.labels)
    ]
    for field in form.fields:
        parts += [field.label, *field.phrases, *field.clauses]
    return [*parts, *(text.label for text in form.texts)]
