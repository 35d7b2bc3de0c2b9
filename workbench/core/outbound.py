"""Requests to addresses that people name: over HTTPS, and never into a private network.

A name may resolve to anything, and to something else a moment later. So each address is checked
when a connection is made, and the connection goes to the address that was checked. Proxies of the
environment are not used: they would resolve the name again.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Protocol

import httpcore
import httpx

from .errors import MintError
from .texts import gettext_noop

#: The well-known prefix of NAT64 (RFC 6052): the last four bytes are an IPv4 address.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutboundRefusedError(MintError):
    """A request that is not made; the message is one of the catalogue's, without parameters."""

    code = "address_refused"


class Hosts(Protocol):
    """Which hosts may be in a private network and be asked without TLS."""

    def allows(self, host: str, port: int) -> bool: ...


class AllowedHosts:
    """Hosts that may be in a private network and be asked without TLS: `host` or `host:port`."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._entries = frozenset(entry.strip().lower() for entry in entries)

    def allows(self, host: str, port: int) -> bool:
        host = host.lower()
        named = f"[{host}]" if ":" in host else host
        return bool(self._entries & {host, named, f"{named}:{port}"})


def check_url(url: str, allowed: Hosts) -> None:
    """Raises OutboundRefusedError for an address that would never be asked, as far as can be told
    without resolving its name."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise OutboundRefusedError(gettext_noop("This is no address of the web.")) from error
    _check(parsed, allowed)
    host = parsed.raw_host.decode()
    if allowed.allows(host, _port(parsed)):
        return
    if host == "localhost" or host.endswith(".localhost"):
        raise _private()
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return
    _check_addresses([literal])


def outbound_client(*, allowed: Hosts, seconds: float, **options: Any) -> httpx.Client:
    """A client that makes only such requests, each over a connection of its own that lasts at most
    `seconds` in all, whatever the other side does. `options` are httpx's. Its requests raise
    OutboundRefusedError and httpx's errors."""
    transport = _CheckingTransport(allowed, seconds)
    options = {"timeout": seconds, **options}
    return httpx.Client(transport=transport, trust_env=False, **options)


def is_public(address: _Address) -> bool:
    """Whether it is of the public internet, also if it is an IPv4 address in IPv6's clothes."""
    return all(item.is_global and not item.is_multicast for item in _forms(address))


def _forms(address: _Address) -> Iterator[_Address]:
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            inner.append(ipaddress.IPv4Address(address.packed[-4:]))
        yield from (item for item in inner if item is not None)
        if address.ipv4_mapped is not None or address in _NAT64:
            return
    yield address


class _CheckingTransport(httpx.HTTPTransport):
    def __init__(self, allowed: Hosts, seconds: float) -> None:
        super().__init__(trust_env=False)
        self._allowed = allowed
        # httpx takes no network backend; its own pool has made no connection yet.
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_keepalive_connections=0,
            network_backend=_CheckingBackend(allowed, seconds),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raises OutboundRefusedError."""
        _check(request.url, self._allowed)
        return super().handle_request(request)


class _CheckingBackend(httpcore.NetworkBackend):
    def __init__(self, allowed: Hosts, seconds: float) -> None:
        self._allowed = allowed
        self._seconds = seconds
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        end = time.monotonic() + self._seconds
        addresses = _resolved(host, port)
        if not self._allowed.allows(host, port):
            _check_addresses(addresses)
        refusal: Exception | None = None
        for address in addresses:
            try:
                stream = self._inner.connect_tcp(
                    str(address), port, _left(end, timeout), local_address, socket_options
                )
            except httpcore.ConnectError as error:
                refusal = error
            else:
                return _LimitedStream(stream, end)
        raise refusal or httpcore.ConnectError(f"{host} has no address")


class _LimitedStream(httpcore.NetworkStream):
    """Ends at a time, however slowly the other side sends."""

    def __init__(self, inner: httpcore.NetworkStream, end: float) -> None:
        self._inner = inner
        self._end = end

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._end, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._end, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._end, timeout)
        return _LimitedStream(self._inner.start_tls(ssl_context, server_hostname, left), self._end)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(end: float, timeout: float | None) -> float:
    """Seconds for the next step. Raises ReadTimeout if none are left."""
    left = end - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time of the connection is over")
    return left if timeout is None else min(left, timeout)


def _check(url: httpx.URL, allowed: Hosts) -> None:
    host = url.raw_host.decode()
    if not host or url.scheme not in ("http", "https"):
        raise OutboundRefusedError(gettext_noop("This is no address of the web."))
    if url.userinfo:
        raise OutboundRefusedError(gettext_noop("An address must not hold a name or password."))
    if url.scheme != "https" and not allowed.allows(host, _port(url)):
        raise OutboundRefusedError(gettext_noop("The address must begin with https://."))


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _resolved(host: str, port: int) -> list[_Address]:
    """Each address once, in the resolver's order. Raises ConnectError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    texts = dict.fromkeys(str(place[0]) for *_kind, place in found)
    return [ipaddress.ip_address(text) for text in texts]


def _check_addresses(addresses: Collection[_Address]) -> None:
    if not all(map(is_public, addresses)):
        raise _private()


def _private() -> OutboundRefusedError:
    return OutboundRefusedError(
        gettext_noop("The address is in a private network, which the server does not send to.")
    )
