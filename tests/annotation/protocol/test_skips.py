import pytest

from annotation.protocol.errors import ProtocolError
from annotation.protocol.skips import NOTE_LIMIT, Skip, SkipReason, parse_skip


def test_a_code_is_read() -> None:
    assert parse_skip("offensive") == Skip(SkipReason.OFFENSIVE, "")


def test_words_are_kept_without_the_space_around_them() -> None:
    assert parse_skip("other", " my own photo\n") == Skip(SkipReason.OTHER, "my own photo")


@pytest.mark.parametrize("value", ["ugly", "", None, 3, ["other"]])
def test_anything_else_is_refused_with_the_codes(value: object) -> None:
    with pytest.raises(
        ProtocolError, match="is not one of does_not_load, offensive, cannot_judge, other"
    ):
        parse_skip(value)


@pytest.mark.parametrize(
    ("note", "says"),
    [
        (3, "note: 3 is not text"),
        ("a\0b", "note: holds a NUL character"),
        ("x" * (NOTE_LIMIT + 1), "note: 501 characters; the limit is 500"),
        (" \n ", "note: required if the reason is .other.: say why in a few words"),
    ],
)
def test_words_that_cannot_be_kept_are_refused(note: object, says: str) -> None:
    with pytest.raises(ProtocolError, match=says):
        parse_skip("other", note)
