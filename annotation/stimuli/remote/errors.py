"""What can be wrong with a remote source."""

from workbench.core.problems import Problem
from workbench.core.texts import gettext_noop


class RemoteError(Problem):
    """It is not allowed, cannot be reached, refuses, or is too large."""

    code = "remote_refused"
    status = 400


def too_large(address: str, limit: int) -> RemoteError:
    return RemoteError(
        gettext_noop("%(address)s is larger than %(limit)d MiB"),
        gettext_noop("copy it to the server, and import it there"),
        address=address,
        limit=limit // 2**20,
    )


def refused(address: str, status: int) -> RemoteError:
    """The server answered with a status other than 200."""
    if status in (401, 403):
        fix = gettext_noop("allow the workbench to read it, or check the credentials of the server")
    else:
        fix = gettext_noop("check the address")
    return RemoteError(
        gettext_noop("%(address)s answered with the status %(status)d; nothing was imported"),
        fix,
        address=address,
        status=status,
    )


def private(address: str) -> RemoteError:
    """The host is not on the internet at large, and no operator lists it by its address."""
    return RemoteError(
        gettext_noop("%(address)s is in a private network, or is to be read without HTTPS"),
        gettext_noop(
            "if that is meant, ask an administrator of this site to list its address (the "
            "setting IMPORT_REMOTE)"
        ),
        address=address,
    )


def unreachable(address: str, reason: object) -> RemoteError:
    return RemoteError(
        gettext_noop("%(address)s cannot be read: %(reason)s"),
        gettext_noop("check the address, and try again later"),
        address=address,
        reason=str(reason)[:200] or type(reason).__name__,
    )
