"""One server, seen by one account."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import quote

import httpx

from . import models
from .connection import Connection
from .study import Study


def _part(text: str) -> str:
    """Of a path."""
    return quote(text, safe="")


class Client:
    """A MINT Workbench, with an account's token. Also a context manager, which closes it.

    Args:
        url: of the server, such as `https://mint.example.org`.
        token: from its page *API tokens*; its scopes say what may be done.
        timeout: seconds to connect, and between two parts of an answer.
        transport: what carries the requests, if not the network.

    Methods raise the errors of `mint_client.errors`.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._connection = Connection(url, token, timeout=timeout, transport=transport)

    def study(self, slug: str) -> Study:
        """The study of that name in addresses. Nothing is asked of the server yet."""
        return Study(self._connection, slug)

    def iter_studies(self, **filters: Any) -> Iterator[models.Study]:
        """The account's studies; `filters`, `order`: those of `GET /studies/`."""
        return self._connection.each("studies/", **filters)

    def create_study(self, title: str, slug: str = "") -> Study:
        """A new study with default settings; the slug is made from the title if it is left out."""
        asked = {"title": title, **({"slug": slug} if slug else {})}
        made = cast(models.Study, self._connection.send("POST", "studies/", json=asked).json())
        return self.study(made["slug"])

    def iter_people(self, **filters: Any) -> Iterator[models.Person]:
        """The site's accounts, for a lab administrator's token with the scope `people`; `filters`,
        `order`: those of `GET /people/`."""
        return self._connection.each("people/", **filters)

    def invite(
        self, account: str, *, email: str = "", administrator: bool = False
    ) -> models.PersonLink:
        """A new account; `link` in the answer, told this once, is where its password is chosen."""
        asked = {"account": account, "email": email, "administrator": administrator}
        answer = self._connection.send("POST", "people/", json=asked)
        return cast(models.PersonLink, answer.json())

    def change_person(self, account: str, **changes: bool) -> models.Person:
        """Of somebody else: `administrator`, `active`."""
        answer = self._connection.send("PATCH", f"people/{_part(account)}/", json=changes)
        return cast(models.Person, answer.json())

    def person_link(self, account: str) -> models.PersonLink:
        """A new link by which the account's owner chooses a password."""
        answer = self._connection.send("POST", f"people/{_part(account)}/link/")
        return cast(models.PersonLink, answer.json())

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
