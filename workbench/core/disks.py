"""A full disk, reported by the operating system or by PostgreSQL."""

import errno

#: PostgreSQL's `disk_full` (its documentation, appendix A).
_PG_DISK_FULL = "53100"


def is_disk_full(error: Exception) -> bool:
    """Whether `error`, an OSError or Django's OperationalError, says that a disk is full."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return getattr(error.__cause__, "sqlstate", "") == _PG_DISK_FULL
