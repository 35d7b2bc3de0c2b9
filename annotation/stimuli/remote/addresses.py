"""Addresses of remote sources, and which of them an operator allows."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from workbench.core.texts import gettext_noop

from .errors import RemoteError

SCHEMES = ("https", "http", "s3", "hf")
_PORTS = {"https": 443, "http": 80}
_LONGEST = 1_000


@dataclass(frozen=True)
class Allowed:
    """What may be read, one entry each: `https://data.example.org`, `https://*.example.org`,
    `s3://bucket`, `s3://bucket/prefix`, `hf:owner`, `hf:owner/name`.

    A host of one's own network is listed by its address (`http://10.0.0.5:9000`) or as `localhost`;
    any other name never means one of those, whatever it is resolved to.
    """

    entries: tuple[str, ...] = ()
    #: Bytes of one source.
    most_bytes: int = 2 * 2**30
    #: Where datasets of `hf:` are, and what it may redirect to.
    hub: str = "https://huggingface.co"
    hub_hosts: tuple[str, ...] = ("https://*.hf.co",)

    def check(self, address: str) -> SplitResult:
        """The parts of an address that may be read. Raises RemoteError."""
        parts = split_address(address)
        if not any(_covers(entry, address, parts) for entry in self.entries):
            raise RemoteError(
                gettext_noop("%(address)s is not among the sources that this server may read"),
                gettext_noop(
                    "ask an administrator of this site to allow it (the setting IMPORT_REMOTE), or "
                    "send the files"
                ),
                address=address[:200],
            )
        return parts

    def of_hub(self) -> "Allowed":
        """For the requests that an allowed dataset of `hf:` takes."""
        return Allowed((self.hub, *self.hub_hosts), self.most_bytes)

    def allows(self, host: str, port: int) -> bool:
        """Whether an entry lists the host by its address: it may then be of one's own network."""
        entries = map(urlsplit, self.entries)
        listed = any((entry.hostname, port_of(entry)) == (host, port) for entry in entries)
        return listed and (host == "localhost" or _is_numeric(host))


def is_address(text: str) -> bool:
    """Whether `text` is an address rather than a path."""
    return text.startswith(("https:", "http:", "s3:", "hf:"))


def split_address(address: str) -> SplitResult:
    """Raises RemoteError if it is none, or holds a password."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in SCHEMES and (parts.scheme == "hf" or bool(parts.hostname))
        usable = usable and parts.port != 0
    except ValueError:
        usable = False
    if not usable or len(address) > _LONGEST or not address.isprintable() or parts.username:
        raise RemoteError(
            gettext_noop('"%(address)s" is no address that can be read'),
            gettext_noop(
                "write https://…, s3://BUCKET/PREFIX or hf:OWNER/NAME, without a password"
            ),
            address=address[:200],
        )
    return parts


def port_of(parts: SplitResult) -> int:
    return parts.port or _PORTS.get(parts.scheme, 0)


def _covers(entry: str, address: str, parts: SplitResult) -> bool:
    allowed = urlsplit(entry)
    if allowed.scheme != parts.scheme:
        return False
    if parts.scheme == "hf":
        return _below(parts.path.strip("/"), allowed.path.strip("/"))
    if parts.scheme == "s3":
        same = allowed.hostname == parts.hostname
        return same and _below(parts.path.strip("/"), allowed.path.strip("/"))
    host = parts.hostname or ""
    pattern = allowed.hostname or ""
    matches = host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern
    return matches and port_of(allowed) == port_of(parts)


def _below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
