"""One study: what was collected as tables or row by row, and what goes in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Unpack, cast
from urllib.parse import quote

import httpx

from . import models
from .connection import Connection
from .dataset import Dataset
from .errors import UnreachableError
from .tables import read_parquet, read_texts, table
from .waiting import wait_for

if TYPE_CHECKING:
    import pandas

LIVE = "live"
_MOS = {
    "stimulus": "stimulus",
    "filename": "filename",
    "perspective": "perspective",
    "mos": "mean",
    "n": "n",
    "sd": "sd",
    "opinion_score": "value",
    "standard_error": "standard_error",
    "low": "low",
    "high": "high",
    "state": "state",
}
#: Addresses of files expire, and a rater's link opens their session: no matter for a table.
_IMAGES = [name for name in models.Stimulus.__annotations__ if name not in ("image", "thumbnail")]
_RATERS = [name for name in models.Rater.__annotations__ if name != "link"]
_RELEASES = list(models.Release.__annotations__)


class Study:
    """A study by its slug. Nothing is asked of the server until a method needs it.

    `filters` of a method are those of the list that it reads, with `order` and `fields`: the
    API's documentation (`/api/v1/docs/`) names them.
    """

    def __init__(self, connection: Connection, slug: str) -> None:
        self._connection = connection
        self._path = f"studies/{quote(slug, safe='')}/"
        self.slug = slug

    def read(self) -> models.Study:
        """Its current settings."""
        return cast(models.Study, self.get(""))

    def mos(self, release: int | str = LIVE, **filters: Any) -> pandas.DataFrame:
        """A row for each image and perspective, by a release of opinion scores.

        `mos`: the plain mean of the `n` ratings that count, weighed by the study's rules, `sd` its
        standard deviation; `opinion_score`: what the release's method makes of them, with its
        standard error and 95 % interval `low` to `high`. Of an imported release `opinion_score` is
        what was published.
        """
        scores = self.iter_opinion_scores(release, **filters)
        rows = ({name: score.get(field) for name, field in _MOS.items()} for score in scores)
        return table(rows, list(_MOS))

    def scores(self) -> pandas.DataFrame:
        """Every single score, with skips and superseded ones: docs/data.md names the columns."""
        with self.export("parquet") as file:
            return read_parquet(file)

    def explanations(self) -> pandas.DataFrame:
        """What raters gave as reasons for their scores, all columns as texts."""
        with self.export("explanations", raw="true") as file:
            return read_texts(file)

    def images(self, **filters: Any) -> pandas.DataFrame:
        """A row for each image: prompt, generator, split, state, ratings wanted."""
        return table(self.iter_images(**{"fields": ",".join(_IMAGES), **filters}), _IMAGES)

    def raters(self, **filters: Any) -> pandas.DataFrame:
        """A row for each rater: code, status, number of ratings."""
        return table(self.iter_raters(**{"fields": ",".join(_RATERS), **filters}), _RATERS)

    def releases(self, **filters: Any) -> pandas.DataFrame:
        """A row for each release of opinion scores, with its method."""
        return table(self.iter_releases(**filters), _RELEASES)

    def iter_opinion_scores(
        self, release: int | str = LIVE, **filters: Any
    ) -> Iterator[models.OpinionScore]:
        """What `mos` is made of; `release`: a number or `live`."""
        return self.each(f"releases/{release}/scores/", **filters)

    def iter_images(self, **filters: Any) -> Iterator[models.Stimulus]:
        return self.each("stimuli/", **filters)

    def iter_raters(self, **filters: Any) -> Iterator[models.Rater]:
        return self.each("raters/", **filters)

    def iter_releases(self, **filters: Any) -> Iterator[models.Release]:
        return self.each("releases/", **filters)

    @contextmanager
    def export(self, form: str, **params: Any) -> Iterator[IO[bytes]]:
        """A file of what was collected, in a format of docs/exporting.md, from its beginning; it
        is gone after the `with`. Raises UnreachableError if it breaks off: exports have no ranges.
        """
        with TemporaryFile() as file:
            try:
                with self._connection.stream(
                    f"{self._path}export/", format=form, **params
                ) as response:
                    for piece in response.iter_bytes():
                        file.write(piece)
            except httpx.TransportError as error:
                raise UnreachableError(f"the export of {self.slug} broke off: {error}") from error
            file.seek(0)
            yield file

    def dataset(self, number: int) -> Dataset:
        """A dataset release by its number."""
        return Dataset(self._connection, self.slug, number)

    def make_dataset(self, **asked: Unpack[models.DatasetRequest]) -> Dataset:
        """Have a dataset release made, which takes a while: `wait` or `download` comes next."""
        made = cast(models.Dataset, self.post("datasets/", asked))
        return self.dataset(made["number"])

    def create_raters(self, count: int) -> list[models.Rater]:
        """New raters, each with the link that opens their session."""
        return cast(list[models.Rater], self.post("raters/", {"count": count}))

    def import_(
        self,
        *,
        manifest: str | Path | None = None,
        images: str | Path | None = None,
        mapping: str | Mapping[str, Any] = "own",
        constants: Mapping[str, str] | None = None,
        wait: bool = True,
        timeout: float = 3600.0,
        **options: str | bool,
    ) -> models.Import:
        """Import a manifest, a ZIP of images, or both.

        Args:
            manifest: a file: docs/importing.md names the kinds.
            images: a ZIP.
            mapping: what the manifest's columns are: `own`, `suggested` (a dry run), a name, or the
                mapping itself.
            constants: the `prompt` or `generator` of images that nothing else says it of.
            wait: whether to return when it is over instead of at once.
            timeout: seconds to wait.
            options: `purpose`, `partial`, `dry_run`, `labels_only`.

        Raises JobFailedError if it is refused as a whole, WaitedTooLongError, ApiError; ValueError
        without files.
        """
        if manifest is None and images is None:
            raise ValueError("give a manifest, a ZIP of images, or both")
        data = {
            "mapping": mapping if isinstance(mapping, str) else json.dumps(dict(mapping)),
            "constants": json.dumps(dict(constants or {})),
            **{name: _form_value(value) for name, value in options.items()},
        }
        begun = self._send_files({"manifest": manifest, "images": images}, data)
        return self.wait_for_import(begun["id"], timeout=timeout) if wait else begun

    def wait_for_import(self, number: int, *, timeout: float = 3600.0) -> models.Import:
        """The import, once it has succeeded. Raises JobFailedError, WaitedTooLongError."""

        def look() -> models.Import:
            return cast(models.Import, self.get(f"imports/{number}/"))

        return wait_for(look, f"{self.slug}, import {number}", timeout=timeout)

    def invite(self, people: Sequence[models.InvitedPerson]) -> list[models.Rater]:
        """A rater for each person (`name`, `email` or both), in their order, with the link to send
        to them. The server keeps names apart from ratings."""
        return cast(list[models.Rater], self.post("identities/", {"people": list(people)}))

    def wait(self, path: str, *, timeout: float = 3600.0) -> Any:
        """What is at `path` below the study, such as `training-runs/1/`, once it has succeeded.
        Raises JobFailedError, WaitedTooLongError."""
        return wait_for(lambda: self.get(path), f"{self.slug}, {path}", timeout=timeout)

    def get(self, path: str, **params: Any) -> Any:
        """What has no method here: the JSON at `path` below the study, such as `overview/`."""
        return self._connection.read(f"{self._path}{path}", **params)

    def each(self, path: str, **params: Any) -> Iterator[Any]:
        """The rows of the list at `path` below the study, such as `trials/`, page by page."""
        return self._connection.each(f"{self._path}{path}", **params)

    def post(self, path: str, body: Mapping[str, Any] | Sequence[Any] | None = None) -> Any:
        """Has something done at `path` below the study, such as `training-runs/`. However often it
        is sent because no answer came, it is done once."""
        response = self._connection.send("POST", f"{self._path}{path}", json=body)
        return response.json() if response.content else None

    def patch(self, path: str, body: Mapping[str, Any], *, etag: str | None = None) -> Any:
        """Changes what is at `path` below the study, `""` for its settings; `etag`: of what was
        read, so that ChangedError is raised if somebody has changed it since."""
        headers = {} if etag is None else {"If-Match": etag}
        return self._connection.send(
            "PATCH", f"{self._path}{path}", json=body, headers=headers
        ).json()

    def put(self, path: str, body: Mapping[str, Any], *, etag: str | None = None) -> Any:
        """Sets what is at `path` below the study, such as `shared-link/`; `etag` as in `patch`."""
        headers = {} if etag is None else {"If-Match": etag}
        response = self._connection.send("PUT", f"{self._path}{path}", json=body, headers=headers)
        return response.json()

    def delete(self, path: str) -> None:
        """Removes what is at `path` below the study, such as `webhooks/1/`."""
        self._connection.send("DELETE", f"{self._path}{path}")

    def _send_files(
        self, paths: Mapping[str, str | Path | None], data: Mapping[str, str]
    ) -> models.Import:
        with ExitStack() as stack:
            files = {
                name: (Path(path).name, stack.enter_context(Path(path).open("rb")))
                for name, path in paths.items()
                if path is not None
            }
            response = self._connection.send(
                "POST", f"{self._path}imports/", data=data, files=files
            )
        return cast(models.Import, response.json())


def _form_value(value: str | bool) -> str:
    return value if isinstance(value, str) else str(value).lower()
