"""Which rows the database does not take: whatever slips past the checks is its row's error."""

from collections.abc import Callable, Iterator, Sequence

from django.db import DatabaseError, DataError, IntegrityError, OperationalError, transaction

from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop

from ..importing.problems import RowError
from .checks import CheckedRow

#: What a value of a row may raise on its way into the database: one that it cannot hold, or cannot
#: be sent.
FAULTS = (DataError, IntegrityError, OperationalError, ValueError, OverflowError)
#: "Program limit exceeded" (PostgreSQL, appendix A): a value too large for its column or index.
_PG_LIMITS = "54"
#: If more rows are refused, it is not for what one of them holds.
_MOST = 100

Write = Callable[[Sequence[CheckedRow]], object]


def refused_rows(rows: Sequence[CheckedRow], write: Write) -> list[RowError]:
    """The rows without which `write` succeeds, found by halves; nothing stays written.

    Empty if no row is at fault by itself.
    """
    found: list[RowError] = []
    with transaction.atomic():
        for error in _refused(rows, write):
            found.append(error)
            if len(found) > _MOST:
                found.clear()
                break
        transaction.set_rollback(True)
    return found


def is_fault_of_a_row(error: Exception) -> bool:
    """Whether a row's value may have raised `error`, rather than the database's own state."""
    if isinstance(error, OperationalError):
        return str(getattr(error.__cause__, "sqlstate", "")).startswith(_PG_LIMITS)
    return isinstance(error, FAULTS)


def _refused(rows: Sequence[CheckedRow], write: Write) -> Iterator[RowError]:
    """What can be written is, until the end, so that of two rows that exclude each other the
    second is refused."""
    if not rows:
        return
    try:
        with transaction.atomic():
            write(rows)
    except FAULTS as error:
        if not is_fault_of_a_row(error):
            raise
        if len(rows) == 1:
            yield _row_error(rows[0], error)
            return
        half = len(rows) // 2
        yield from _refused(rows[:half], write)
        yield from _refused(rows[half:], write)


def _row_error(item: CheckedRow, error: Exception) -> RowError:
    first, *_rest = str(error).splitlines() or [""]
    kind = type(error).__name__
    problem = Problem(
        gettext_noop("the database does not take the row (%(reason)s)"),
        gettext_noop("correct its values, or delete the row"),
        reason=(first if isinstance(error, DatabaseError) else kind)[:200] or kind,
    )
    return RowError.of(item.row.row, item.row.line, item.row.filename, problem)
