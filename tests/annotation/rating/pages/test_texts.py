"""Default texts are known to the translators; owners' own words pass unchanged."""

import pytest

from annotation.protocol.aigciqa2023 import AIGCIQA2023_FORM, default_perspectives
from annotation.studies import texts


@pytest.fixture
def _marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language in which every text known to the translators is put in brackets."""
    known = {*texts._DEFAULTS, texts.DEFAULT_CONSENT, texts.DEFAULT_INSTRUCTIONS}
    monkeypatch.setattr(texts, "gettext", lambda text: f"[{text}]" if text in known else text)


@pytest.mark.usefixtures("_marked")
def test_every_default_text_is_known() -> None:
    shown = [
        part
        for item in map(texts.StudyTexts({}).perspective, default_perspectives())
        for part in (item.label, item.question, item.help, *item.scale.labels)
    ]
    form = texts.StudyTexts({}).form(AIGCIQA2023_FORM)
    shown += [
        part for field in form.fields for part in (field.label, *field.phrases, *field.clauses)
    ]
    shown += [text.label for text in form.texts]
    shown += [texts.StudyTexts({}).consent(""), texts.StudyTexts({}).instructions("\n")]
    assert [part for part in shown if not part.startswith("[")] == []
    assert len(shown) == 3 * 8 + 5 * 1 + 2 * (4 * 3 + 3 * 2) + 2 + 2


def test_owners_words_and_empty_texts_pass_unchanged() -> None:
    assert texts.localized("Is it pretty?") == "Is it pretty?"
    assert texts.localized("") == ""
    assert texts.StudyTexts({}).consent(" Our own terms. ") == "Our own terms."
