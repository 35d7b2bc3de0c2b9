"""What a job tells people about errors: what they can fix, and nothing about our own bugs."""

import pytest

from annotation.protocol.errors import ProtocolError
from modelops.errors import NoModelError
from modelops.learning.errors import LearningError
from modelops.predictors.errors import CheckpointError
from modelops.registry.failures import failing
from workbench.core.errors import MintError
from workbench.core.tables import TableError


@pytest.mark.parametrize(
    "error",
    [
        ProtocolError("what, where; the fix"),
        LearningError("what, where; the fix"),
        CheckpointError("what, where; the fix"),
        NoModelError("what, where; the fix"),
        TableError("what, %(place)s", "the fix", place="where"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_that_a_person_can_fix_is_reported(error: MintError) -> None:
    told: dict[str, str] = {}
    with failing("scoring", 1, told.update):
        raise error
    assert told == {"error": "what, where; the fix"}


@pytest.mark.parametrize("slip", [ValueError, TypeError, KeyError])
def test_a_bug_is_not_shown_to_anybody(slip: type[Exception]) -> None:
    told: dict[str, str] = {}
    with pytest.raises(slip), failing("scoring", 1, told.update):
        raise slip("too many values to unpack")
    assert told == {}
