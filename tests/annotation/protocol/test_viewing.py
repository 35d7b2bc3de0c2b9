import pytest

from annotation.protocol.errors import ProtocolError
from annotation.protocol.viewing import ViewingChecks


def test_nothing_is_asked_unless_a_study_says_so() -> None:
    assert not ViewingChecks().any
    assert not ViewingChecks(minimum_width=1000).asks
    assert ViewingChecks(minimum_width=1000).any
    assert ViewingChecks(phones=False).any
    assert ViewingChecks(greys=True).asks


def test_what_is_written_is_read_back() -> None:
    checks = ViewingChecks(minimum_width=1024, phones=False, plates=True)
    assert ViewingChecks.from_json(checks.to_json()) == checks
    assert ViewingChecks.from_json({"plates": True}) == ViewingChecks(plates=True)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], r"\[\] is not an object"),
        ({"glasses": True}, "there is no 'glasses'; it has minimum_width, "),
        ({"card": 1}, "card is 1, neither true nor false"),
        ({"minimum_width": True}, "minimum_width is True, not a whole number"),
        ({"minimum_width": 1.5}, "minimum_width is 1.5, not a whole number"),
        ({"minimum_width": -1}, "minimum_width is -1; give 0 to 2560"),
        ({"minimum_height": 1441}, "minimum_height is 1441; give 0 to 1440"),
    ],
)
def test_what_does_not_fit_is_named(data: object, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        ViewingChecks.from_json(data)  # type: ignore[arg-type] # as it comes over the wire
