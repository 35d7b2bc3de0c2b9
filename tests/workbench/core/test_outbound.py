"""Requests to addresses that people name never reach a private network."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from workbench.core.outbound import (
    AllowedHosts,
    OutboundRefusedError,
    check_url,
    is_public,
    outbound_client,
)

NOBODY = AllowedHosts()


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d70e", True),
        ("2002:a00:1::", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.org/", "https"),
        ("ftp://example.org/", "no address"),
        ("example.org", "no address"),
        ("https://", "no address"),
        ("https://user:secret@example.org/", "name or password"),
        ("https://localhost/", "private"),
        ("https://a.localhost/", "private"),
        ("https://10.0.0.1/", "private"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:192.168.0.1]/", "private"),
        ("https://exa mple.org:x/", "no address"),
    ],
)
def test_what_would_never_be_asked_is_said_before(url: str, said: str) -> None:
    with pytest.raises(OutboundRefusedError, match=said):
        check_url(url, NOBODY)


def test_what_is_allowed_may_be_private_and_without_tls() -> None:
    allowed = AllowedHosts([" Lab.example ", "10.0.0.1:8000", "[::1]:8000"])
    for url in ("http://lab.example/x", "http://10.0.0.1:8000/", "http://[::1]:8000/"):
        check_url(url, allowed)
    for url in ("http://10.0.0.1/", "http://10.0.0.1:80/", "http://other.example/"):
        with pytest.raises(OutboundRefusedError):
            check_url(url, allowed)
    check_url("https://example.org/", NOBODY)


@pytest.mark.parametrize(
    "found", [["10.1.2.3"], ["127.0.0.1"], ["93.184.215.14", "10.1.2.3"], ["::ffff:10.1.2.3"]]
)
def test_a_name_that_leads_into_a_private_network_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, found: list[str]
) -> None:
    _resolve_to(monkeypatch, found)
    monkeypatch.setattr(socket, "create_connection", lambda *_a, **_k: pytest.fail("connected"))
    with outbound_client(allowed=NOBODY, seconds=1) as client:
        with pytest.raises(OutboundRefusedError, match="private"):
            client.get("https://harmless.example/")
        with pytest.raises(OutboundRefusedError, match="https"):
            client.get("http://harmless.example/")


def test_the_connection_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []

    def connect(address: Any, *_rest: Any, **_more: Any) -> socket.socket:
        asked.append(address)
        raise OSError("nobody there")

    _resolve_to(monkeypatch, ["93.184.215.14", "93.184.215.15"])
    monkeypatch.setattr(socket, "create_connection", connect)
    client = outbound_client(allowed=NOBODY, seconds=1)
    with client, pytest.raises(httpx.ConnectError):
        client.get("https://public.example/")
    assert asked == [("93.184.215.14", 443), ("93.184.215.15", 443)]


def test_a_name_that_does_not_exist_is_an_error_of_connecting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolve(*_asked: Any, **_more: Any) -> Any:
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    client = outbound_client(allowed=NOBODY, seconds=1)
    with client, pytest.raises(httpx.ConnectError):
        client.get("https://nowhere.example/")


def test_a_proxy_of_the_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch, dripping: int
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    allowed = AllowedHosts([f"127.0.0.1:{dripping}"])
    client = outbound_client(allowed=allowed, seconds=0.3)
    with client, pytest.raises(httpx.ReadTimeout):
        client.get(f"http://127.0.0.1:{dripping}/")


def test_a_server_that_drips_its_answer_is_left_in_time(dripping: int) -> None:
    """Each byte comes soon; all together they would never end."""
    allowed = AllowedHosts([f"127.0.0.1:{dripping}"])
    client = outbound_client(allowed=allowed, seconds=0.3)
    with client, pytest.raises(httpx.ReadTimeout):
        client.get(f"http://127.0.0.1:{dripping}/")


@pytest.fixture
def dripping() -> Iterator[int]:
    """The port of a server that sends a byte of a header now and then."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _address = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
                while not over.is_set():
                    try:
                        connection.sendall(b"y")
                    except OSError:
                        return
                    time.sleep(0.02)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        over.set()
        thread.join(5)


def _resolve_to(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    def resolve(_host: str, port: int, **_more: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
