"""What is said of a study after an import, by this package and by those above it."""

from collections.abc import Callable, Iterable

from ...models import Study
from ..holdout import holdout_state
from ..importing.remarks import Remark

#: Called with the study after each import, once its rows are committed; what it returns becomes
#: part of the import's report. `modelops` adds what its models read of prompts.
Commentator = Callable[[Study], Iterable[Remark]]

_commentators: list[Commentator] = []


def comment_on_imports(commentator: Commentator) -> Commentator:
    """Have it called after each import; it must not raise."""
    _commentators.append(commentator)
    return commentator


def remarks_on(study: Study) -> list[Remark]:
    found = holdout_state(study).remarks()
    for commentator in _commentators:
        found += commentator(study)
    return found
