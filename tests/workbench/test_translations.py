"""The Chinese catalogue: complete, its placeholders kept, and compiled in its current state."""

import re
from inspect import cleandoc

import polib
import pytest

from tests.workbench.message_ids import MessageId, ids_below, ids_in_python, ids_in_template
from workbench.settings import BASE_DIR, LOCALE_PATHS

CATALOGUE = LOCALE_PATHS[0] / "zh_Hans" / "LC_MESSAGES" / "django.po"
_PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%%|\{\w+\}")


@pytest.fixture(scope="module")
def entries() -> list[polib.POEntry]:
    return list(polib.pofile(str(CATALOGUE)))


def translations(entry: polib.POEntry | polib.MOEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_texts_are_found_wherever_they_are_marked() -> None:
    python = """
        class Page:
            label, other = _("Title"), pgettext_lazy("a report", "new")
            many = ngettext("%(n)d rater", "%(n)d raters", n) % _("a " "long one")
            unmarked = slug("no")
    """
    template = """{% load i18n %}{# _("no") #}{% comment %}_("no"){% endcomment %}
        <p title="{% translate 'the “title”' %}">{% translate "new" context "a report" %}</p>
        {% include "no.html" with title=_("Per day") %} _("no")
        {% blocktranslate count n=n trimmed %}
            One
            at 5 %{% plural %}{{ n }} at 5 %{% endblocktranslate %}
    """
    assert set(ids_in_python(cleandoc(python))) == {
        MessageId(None, "Title"),
        MessageId("a report", "new"),
        MessageId(None, "%(n)d rater"),
        MessageId(None, "a long one"),
    }
    assert set(ids_in_template(template)) == {
        MessageId(None, "the “title”"),
        MessageId("a report", "new"),
        MessageId(None, "Per day"),
        MessageId(None, "One at 5 %%"),
    }


def test_every_text_of_the_sources_is_in_the_catalogue_and_no_other(
    entries: list[polib.POEntry],
) -> None:
    marked = {
        found: where
        for package in ("annotation", "modelops", "workbench")
        for found, where in ids_below(BASE_DIR / package)
    }
    kept = {MessageId(entry.msgctxt, entry.msgid) for entry in entries}
    missing = sorted(f"{marked[found]}: {found.text}" for found in marked.keys() - kept)
    assert missing == [], "add their Chinese to django.po, or run `make messages`"
    unused = sorted(found.text for found in kept - marked.keys())
    assert unused == [], "delete them from django.po, or run `make messages`"


def test_every_text_is_translated(entries: list[polib.POEntry]) -> None:
    missing = [item.msgid for item in entries if item.fuzzy or not all(translations(item))]
    assert missing == []


def test_placeholders_survive_translation(entries: list[polib.POEntry]) -> None:
    changed = {
        item.msgid
        for item in entries
        for text in translations(item)
        if set(_PLACEHOLDER.findall(item.msgid_plural or item.msgid))
        != set(_PLACEHOLDER.findall(text))
    }
    assert changed == set()


def test_the_compiled_catalogue_is_the_written_one(entries: list[polib.POEntry]) -> None:
    compiled = {
        item.msgid: translations(item) for item in polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    }
    assert compiled == {item.msgid: translations(item) for item in entries}
