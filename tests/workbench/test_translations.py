"""The Chinese catalogue: complete, its placeholders kept, and compiled as it stands."""

import re

import polib
import pytest

from workbench.settings import LOCALE_PATHS

CATALOGUE = LOCALE_PATHS[0] / "zh_Hans" / "LC_MESSAGES" / "django.po"
_PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%%|\{\w+\}")


@pytest.fixture(scope="module")
def entries() -> list[polib.POEntry]:
    return list(polib.pofile(str(CATALOGUE)))


def translations(entry: polib.POEntry | polib.MOEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


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
