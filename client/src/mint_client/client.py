"""One server, seen by one account."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self, cast

import httpx

from . import models
from .connection import Connection
from .study import Study


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
