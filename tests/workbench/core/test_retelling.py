"""A worker's English sentences, as readers of another language read them."""

import pytest
from django.utils import translation
from django.utils.translation import gettext

from workbench.core.retelling import retold

GONE = (
    "Version %(number)d has not predicted all images yet. Wait for its scoring to finish, or "
    "start it again on the model page."
)


def test_what_was_stored_in_english_is_told_in_the_readers_language() -> None:
    """As the translation itself would have been filled in."""
    stored = GONE % {"number": 7}
    with translation.override("zh-hans"):
        expected = gettext(GONE) % {"number": 7}
        assert expected != stored
        assert retold(stored) == expected
    with translation.override("en"):
        assert retold(stored) == stored


def test_a_reason_within_a_reason_is_told_too() -> None:
    outer = (
        "The training's files could not be stored or read: %(reason)s. Train again when the "
        "bucket answers again."
    )
    inner = "It is over already; there is nothing to cancel."
    with translation.override("zh-hans"):
        assert retold(outer % {"reason": inner}) == gettext(outer) % {"reason": gettext(inner)}


@pytest.mark.parametrize("stored", ["", "embedding 3 is not finite", "100 % of (it", "a: b"])
def test_what_nobody_has_translated_stays(stored: str) -> None:
    with translation.override("zh-hans"):
        assert retold(stored) == stored
