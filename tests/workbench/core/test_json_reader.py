"""JSON from outside: what is taken as it is, and what is refused by name."""

from typing import Any

import pytest

from workbench.core.json_reader import JsonError, read_json


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": [1, 2.5, "\xc3\xa9", null, true]}', {"a": [1, 2.5, "é", None, True]}),
        ('"\\ud83d\\ude00 \\\\u0000"', "😀 \\u0000"),
        ("1.7976931348623157e308", 1.7976931348623157e308),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("[" * 32 + "]" * 32, None),
        ('"' + "[{" * 100 + '"', "[{" * 100),
        ('[{"a\\u00e9": "\\u4e2d"}, 1, null]', [{"aé": "中"}, 1, None]),
        ("[" + ",".join(["[]"] * 100) + "]", [[]] * 100),
    ],
)
def test_a_value_is_read(data: str | bytes, value: Any) -> None:
    found = read_json(data)
    assert value is None or found == value


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("[" * 33 + "]" * 33, "nested more than 32 deep"),
        ('{"a":' * 33 + "1" + "}" * 33, "nested more than 32 deep"),
        ("[" * 1_000_000, "nested more than 32 deep"),
        ("1e400", "1e400 is out of the range of numbers"),
        ("[-1e999]", "out of the range"),
        ("1" + "0" * 400, "10000000000000000000… is out of the range of numbers"),
        ("1" * 5000, "digits"),
        ("NaN", "NaN is not JSON"),
        ("[-Infinity]", "-Infinity is not JSON"),
        ('{"a\\u0000": 1}', "^a key holds a NUL character"),
        ('[{"a": ["b\\u0000"]}]', "^a: holds a NUL character"),
        ('"\\ud800"', "^a text is not valid Unicode at 0"),
        ('{"\\udc00": 1}', "^a key is not valid Unicode at 0"),
        (b'"\x00"', "control character"),
        (b"\xff\xfe", "utf-8"),
        ("", "Expecting value"),
        ("{", "Expecting"),
    ],
)
def test_what_cannot_be_kept_is_refused(data: str | bytes, says: str) -> None:
    with pytest.raises(JsonError, match=says):
        read_json(data)
