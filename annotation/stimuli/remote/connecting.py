"""Connections whose other end was looked at: a name may mean an address of the own network, at
first or the second time that it is asked for, so the address itself is checked, and connected to.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from workbench.core.texts import gettext_noop

from .errors import RemoteError, unreachable

Resolve = Callable[[str, int], list[str]]


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


def is_public(address: str) -> bool:
    """Whether it is an address of the internet at large."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is not None:
            found = inner
    return found.is_global and not found.is_multicast


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to the addresses that it has checked. own: whether a host and port may be of one's
    own network, because an operator named it."""

    def __init__(self, own: Callable[[str, int], bool], resolve: Resolve = resolved) -> None:
        self._own = own
        self._resolve = resolve
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = self._resolve(host, port)
        except OSError as error:
            raise unreachable(host, error) from error
        if not self._own(host, port):
            self._refuse_private(host, addresses)
        return self._sockets.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    def _refuse_private(self, host: str, addresses: Iterable[str]) -> None:
        private = next((item for item in addresses if not is_public(item)), None)
        if private is not None:
            raise RemoteError(
                gettext_noop("%(host)s is at %(address)s, which is not on the internet"),
                gettext_noop("if that is meant, its address has to be listed in IMPORT_REMOTE"),
                host=host,
                address=private,
            )
