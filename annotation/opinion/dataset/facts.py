"""What a dataset release is, as all its renderings say it. Pure: no Django."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from ..export.facts import Facts
from ..reporting import Report

#: Images that models may learn from, and those that they may not: folders, and names of splits.
SPLITS = ("pool", "holdout")
#: Folders of images that raters were trained and checked with: purposes, and outside the splits.
ASIDE = ("practice", "gold")


@dataclass(frozen=True)
class Described:
    """What its owner says of it."""

    title: str
    #: An identifier of SPDX's list, such as `CC-BY-4.0`, or an address.
    licence: str
    #: Each `Family, Given`, or the name of a group.
    creators: Sequence[str]
    description: str = ""
    #: Answers to questions of `rai.ASKED`, by their keys.
    answers: Mapping[str, str] = field(default_factory=dict)
    #: Where people rated: in a laboratory, by a crowd, or in other words.
    setting: str = ""


@dataclass(frozen=True)
class DatasetFacts:
    """A dataset release: what is in it, whose it is, and how its scores were made."""

    study: Facts
    described: Described
    report: Report
    #: Counts a study's dataset releases from 1.
    number: int
    #: When it was asked for.
    published: date
    #: Images of each folder that have a row in it.
    images: Mapping[str, int]
    #: Whether the pictures are in the archive.
    pictures: bool
    #: The first and the last day on which a rating was given; None if there is none.
    period: tuple[date, date] | None = None
    #: Where the study is.
    address: str = ""
    #: Of what was collected (`content`), wherever the study is.
    data_sha256: str = ""

    @property
    def version(self) -> str:
        return f"{self.number}.0.0"

    @property
    def name(self) -> str:
        """Of its folder and, with an ending, of its archive."""
        return f"{self.study.study}-{self.version}"

    @property
    def description(self) -> str:
        """The owner's, or what is known anyway."""
        if self.described.description:
            return self.described.description
        labels = ", ".join(item.label for item in self.study.perspectives)
        return f"Images made from texts, with opinion scores for: {labels}."

    def to_json(self) -> dict[str, Any]:
        """What its owner said, and which one it is, for servers that take it in again."""
        return {
            **asdict(self.described),
            "name": self.name,
            "version": self.version,
            "published": self.published.isoformat(),
            "images": dict(self.images),
            "pictures": self.pictures,
            "address": self.address,
            "data_sha256": self.data_sha256,
        }


@dataclass(frozen=True)
class StoredFile:
    """A file of the archive."""

    path: str
    size: int
    sha256: str
