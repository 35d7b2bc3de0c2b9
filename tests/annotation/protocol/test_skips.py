import pytest

from annotation.protocol.errors import ProtocolError
from annotation.protocol.skips import SkipReason, parse_skip_reason


def test_a_code_is_read() -> None:
    assert parse_skip_reason("offensive") is SkipReason.OFFENSIVE


@pytest.mark.parametrize("value", ["ugly", "", None, 3, ["other"]])
def test_anything_else_is_refused_with_the_codes(value: object) -> None:
    with pytest.raises(
        ProtocolError, match="is not one of does_not_load, offensive, cannot_judge, other"
    ):
        parse_skip_reason(value)
