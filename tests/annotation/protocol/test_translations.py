import pytest

from annotation.protocol.errors import ProtocolError
from annotation.protocol.translations import TEXT_LIMIT, parse_translations


def test_translations_are_kept_by_language_without_the_blank_ones() -> None:
    given = {"zh-hans": {"Quality": " 质量 ", "Bad": "  "}, "en": {"质量": ""}}
    assert parse_translations(given) == {"zh-hans": {"Quality": "质量"}}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], r"translations: \[\] is not an object"),
        ({"Chinese!": {}}, "'Chinese!' is not a language code such as zh-hans"),
        ({3: {}}, "3 is not a language code"),
        ({"en": "Quality"}, "translations: en: 'Quality' is not an object"),
        ({"en": {"Güte": 4}}, "translations: en: 'Güte': 4 is not text"),
        ({"en": {"Güte": "a\0"}}, "holds a NUL character"),
        ({"en": {"Güte": "x" * (TEXT_LIMIT + 1)}}, "more than 20000 characters"),
    ],
)
def test_what_cannot_be_kept_is_named(data: object, says: str) -> None:
    with pytest.raises(ProtocolError, match=says):
        parse_translations(data)
