"""What forms are made of: the archive's own tables. Pure: no Django."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from ....protocol.forms import ExplanationForm
from ...export.scores import Row
from ..folder import counting_rows

_KINDS = (Row.IMAGE, Row.PUBLISHED, Row.SCORE)
_SCORES = (
    "kind", "stimulus", "metadata", "trial", "rater", "excluded", "session", "submitted_at_utc",
    "shown_ms", "displayed_width", "displayed_height", "pixel_ratio", "perspective",
    "scale_minimum", "scale_maximum", "scale_direction", "score", "counts", "published_mos",
    "published_sd", "published_raters", "published_source",
)  # fmt: skip
_SESSIONS = (
    "session", "minutes", "viewport_width", "viewport_height", "browser", "pointer",
    "colour_gamut", "pixels_per_mm", "plates_read", "acuity",
)  # fmt: skip
_REASONS = {
    "stimulus": pa.int64(),
    "trial": pa.int64(),
    "rater": pa.string(),
    "perspective": pa.string(),
    "score": pa.float64(),
    "counts": pa.bool_(),
    "phrases": pa.string(),
    "text": pa.string(),
    "language": pa.string(),
}


@dataclass(frozen=True)
class Tables:
    """The tables of a dataset release, and the form by which its reasons were given."""

    #: `images.parquet`.
    images: pa.Table
    #: `scores.parquet`: the columns and kinds of rows that forms need.
    scores: pa.Table
    #: `explanations.csv` likewise.
    explanations: pa.Table
    #: `sessions.parquet` likewise.
    sessions: pa.Table
    form: ExplanationForm
    #: Image's key → its picture's name in its folder, of those that have a file.
    names: Mapping[int, str]

    @classmethod
    def read(
        cls,
        images: IO[bytes],
        scores: IO[bytes],
        explanations: IO[bytes],
        sessions: IO[bytes],
        *,
        form: ExplanationForm,
        names: Mapping[int, str],
    ) -> Self:
        """From `images.parquet`, `scores.parquet`, `explanations.csv` and `sessions.parquet` as
        they lie in an archive."""
        kinds = [("kind", "in", [str(kind) for kind in _KINDS])]
        return cls(
            pyarrow.parquet.read_table(images),
            pyarrow.parquet.read_table(scores, columns=list(_SCORES), filters=kinds),
            _reasons(explanations),
            pyarrow.parquet.read_table(sessions, columns=list(_SESSIONS)),
            form,
            names,
        )

    @cached_property
    def main(self) -> pa.Table:
        """The main images whose scores count, by their keys."""
        return counting_rows(self.images).sort_by("stimulus")

    @cached_property
    def keys(self) -> list[int]:
        """Of the main images, ascending."""
        found: list[int] = self.main["stimulus"].to_pylist()
        return found

    @cached_property
    def metadata(self) -> dict[int, dict[str, Any]]:
        """What the manifest's further columns said of each image, structures too."""
        rows = self.of_kind(Row.IMAGE)
        return {
            key: json.loads(text or "{}")
            for key, text in zip(
                rows["stimulus"].to_pylist(), rows["metadata"].to_pylist(), strict=True
            )
        }

    @cached_property
    def published(self) -> dict[str, dict[str, dict[int, dict[str, Any]]]]:
        """Perspective → source → image's key → the row of its imported score."""
        found: dict[str, dict[str, dict[int, dict[str, Any]]]] = {}
        for row in rows_of(self.of_kind(Row.PUBLISHED)):
            by_source = found.setdefault(row["perspective"], {})
            by_source.setdefault(row["published_source"], {})[row["stimulus"]] = row
        return found

    @cached_property
    def counting(self) -> pa.Table:
        """The single scores that count, by image and trial."""
        rows = self.of_kind(Row.SCORE)
        return rows.filter(rows["counts"]).sort_by(
            [("stimulus", "ascending"), ("trial", "ascending")]
        )

    def of_kind(self, kind: Row) -> pa.Table:
        return self.scores.filter(pc.equal(self.scores["kind"], str(kind)))

    def path_of(self, image: Mapping[str, Any]) -> str:
        """Of the image's picture in the archive; its name in the study if there is no file."""
        name = self.names.get(image["stimulus"])
        return f"{image['split']}/{name}" if name else str(image["filename"])


def rows_of(table: pa.Table, columns: Iterable[str] = ()) -> Iterator[dict[str, Any]]:
    """As dictionaries, some thousand at a time: memory does not grow with the table."""
    chosen = table.select(list(columns) or table.column_names)
    for batch in chosen.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()


def _reasons(file: IO[bytes]) -> pa.Table:
    converting = pyarrow.csv.ConvertOptions(
        column_types=_REASONS,
        include_columns=list(_REASONS),
        null_values=[""],
        strings_can_be_null=True,
        # Quotes tell an empty text from nothing.
        quoted_strings_can_be_null=False,
        true_values=["true"],
        false_values=["false"],
    )
    parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
    return pyarrow.csv.read_csv(file, parse_options=parsing, convert_options=converting)
