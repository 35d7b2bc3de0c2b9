"""Images with their files, prompts and generators, and what was published about them."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from ...models import (
    AuditEntry,
    Generator,
    OpinionRelease,
    OpinionScore,
    Prompt,
    Stimulus,
    Study,
)
from ...opinion.copying import copy_in
from ...opinion.imported import release_of
from ...opinion.sources import Source
from ...protocol.spelling import form_sha256, name_form
from ..imports.checks import ImageFacts, store_image
from ..imports.rows import file_fields, rating_places
from ..imports.store import ImportStore
from . import values
from .keys import NewKeys
from .opening import DatasetArchive
from .pictures import Pictures, is_needed

_Record = dict[str, Any]
_ACT = ("study_id", "action", "detail", "created_at")
_PUBLISHED = (
    *("study_id", "release_id", "stimulus_id", "perspective_id"),
    *("value", "sd", "n", "histogram"),
)
#: Characters of a prompt: an image's line is bounded, and so is this.
_PROMPT_LIMIT = 1_000_000


@dataclass(frozen=True)
class Images:
    """Writes records' images into a new study."""

    study: Study
    pictures: Pictures
    store: ImportStore
    keys: NewKeys

    def write(self, records: list[_Record]) -> int:
        """Returns how many have no file here though they had one."""
        prompts, generators = self._prompts(records), self._generators(records)
        rows = [self._row(record, prompts, generators) for record in records]
        Stimulus.objects.bulk_create(rows)
        copy_in(AuditEntry, _ACT, self._reasons(records))
        pairs = zip(records, rows, strict=True)
        return sum(bool(record["sha256"]) and not row.sha256 for record, row in pairs)

    def _row(
        self, record: _Record, prompts: Mapping[str, int], generators: Mapping[str, int]
    ) -> Stimulus:
        split, purpose = record["split"], record["purpose"]
        claimed = sum(item["role"] == "main" for item in record["trials"])
        wanted, maximum = rating_places(self.study, split=split, purpose=purpose)
        replaced_by = record["replaced_by"]
        return Stimulus(
            pk=self.keys[record["stimulus"]],
            study=self.study,
            prompt_id=prompts[_sha256(record["prompt"])],
            generator_id=generators[_group(record["generator"])],
            filename=values.text(record["filename"], 300),
            metadata=values.mapping(record["metadata"]),
            split=split,
            purpose=purpose,
            attention_check=record["attention_check"],
            state=record["state"],
            replaced_by_id=None if replaced_by is None else self.keys[replaced_by],
            wanted_ratings=wanted,
            maximum_ratings=max(maximum, claimed),
            claimed_ratings=claimed,
            **file_fields(self._file(record)),
        )

    def _file(self, record: _Record) -> ImageFacts | None:
        """Stored. Images whose scores do not count may have none in the archive."""
        sha256 = record["sha256"]
        if sha256 is None or sha256 not in self.pictures:
            if is_needed(record):
                raise ValueError(f"the picture {sha256!r:.80} is not in the archive")
            return None
        stored = store_image(self.store, record["filename"], self.pictures.read(sha256))
        if stored.sha256 != sha256:
            raise ValueError(f"the picture {sha256} is another one")
        return stored

    def _prompts(self, records: list[_Record]) -> dict[str, int]:
        """By hash of the text as it is written."""
        texts = {_sha256(record["prompt"]): record["prompt"] for record in records}
        Prompt.objects.bulk_create(
            [Prompt(study=self.study, text=text, text_sha256=key) for key, text in texts.items()],
            ignore_conflicts=True,
        )
        found = Prompt.objects.filter(study=self.study, text_sha256__in=texts)
        return dict(found.values_list("text_sha256", "pk"))

    def _generators(self, records: list[_Record]) -> dict[str, int]:
        names: dict[str, str] = {}
        for record in records:
            names.setdefault(_group(record["generator"]), record["generator"])
        Generator.objects.bulk_create(
            [Generator(study=self.study, name=name) for name in names.values()],
            ignore_conflicts=True,
        )
        found = Generator.objects.filter(study=self.study, group_sha256__in=names)
        return dict(found.values_list("group_sha256", "pk"))

    def _reasons(self, records: list[_Record]) -> Iterator[tuple[Any, ...]]:
        """The acts that say why images were taken out."""
        for record in records:
            if record["state_reason"]:
                detail = {
                    "stimulus": self.keys[record["stimulus"]],
                    "filename": record["filename"],
                    "reason": values.text(record["state_reason"], 5000),
                }
                action = f"image.{record['state']}"
                yield self.study.pk, action, json.dumps(detail), timezone.now()


@dataclass(frozen=True)
class PublishedScores:
    """Writes what records say was published about images."""

    study: Study
    #: By source, in the order of the archive.
    releases: Mapping[str, OpinionRelease]
    perspectives: Mapping[str, int]
    keys: NewKeys

    @classmethod
    def of(
        cls, study: Study, archive: DatasetArchive, keys: NewKeys, perspectives: Mapping[str, int]
    ) -> "PublishedScores":
        given = values.items(archive.document["published"])
        sources = [_source(item) for item in given]
        releases = {source.name: release_of(study, source) for source in sources}
        return cls(study, releases, perspectives, keys)

    def write(self, records: Iterable[_Record]) -> None:
        copy_in(OpinionScore, _PUBLISHED, self._rows(records))

    def _rows(self, records: Iterable[_Record]) -> Iterator[tuple[Any, ...]]:
        for record in records:
            stimulus = self.keys[record["stimulus"]]
            for item in values.items(record["published"]):
                counts = item["counts"]
                yield (
                    *(self.study.pk, self.releases[item["source"]].pk, stimulus),
                    *(self.perspectives[item["perspective"]], item["mos"], item["sd"]),
                    item["raters"],
                    None if counts is None else json.dumps(values.items(counts)),
                )


def _source(item: Mapping[str, Any]) -> Source:
    return Source(
        values.text(item["source"], 100),
        float(item["minimum"]),
        float(item["maximum"]),
        item["direction"],
        item["score_kind"],
    )


def _sha256(prompt: object) -> str:
    return hashlib.sha256(values.text(prompt, _PROMPT_LIMIT).encode()).hexdigest()


def _group(generator: object) -> str:
    return form_sha256(name_form(values.text(generator, 200)))
