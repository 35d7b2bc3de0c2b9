"""`ro-crate-metadata.json`: the archive as a research object (RO-Crate 1.2). Pure: no Django.

https://w3id.org/ro/crate/1.2. Files are listed with their hashes; pictures as their folders.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..citation import bibtex, family_and_given, is_address
from ..facts import ASIDE, SPLITS, DatasetFacts, StoredFile
from ..folder import METADATA
from .base import FOLDER, FORMS, Files
from .media import media_type
from .said import json_text
from .tables import Tables
from .values import Values, estimates_of

PATH = "ro-crate-metadata.json"
#: What a file is, by its name up to the first dot; forms say it of theirs.
_WHAT = {
    "scores": "One row per single score; replaced, skipped and published ones too",
    "explanations": "One row per reason that a rater gave",
    "images": "One row per image, with its opinion scores",
    "sessions": "One row per sitting: viewing conditions, checks, minutes",
    "raters": "One row per rater, by a code, never a name",
    "records": "One object per image with everything in its structure",
    "metadata": "One row per picture of the folder",
    "study": "What raters were asked, on which scales, and how scores were made",
    "DICTIONARY": "What each column is, its unit, and what an empty cell means",
    "README": "What is in the folder and how to load it",
    "CITATION": "How to cite the dataset (Citation File Format 1.2.0)",
    "SHA256SUMS": "SHA-256 of every other file",
    "croissant": "The dataset for programs (Croissant 1.1 with RAI)",
    "datasheet": "How the scores were made, as ITU-T P.910 and P.800.2 ask",
    "datacite": "Metadata for the registration of a DOI (DataCite 4.7)",
}
_VERSION = "https://w3id.org/ro/crate/1.2"
#: The crate's context has no term for a file's hash.
_CONTEXT = [f"{_VERSION}/context", {"sha256": "https://schema.org/sha256"}]


@dataclass(frozen=True)
class RoCrate:
    name: str = "ro-crate"
    version: str = "2"
    citation: str = "RO-Crate 1.2"
    label: str = "RO-Crate: the archive's files and who made them, for research repositories"

    def lacks(self, facts: DatasetFacts, tables: Tables) -> str:
        return ""

    def files(self, facts: DatasetFacts, tables: Tables, stored: Sequence[StoredFile]) -> Files:
        graph = list(_entities(facts, tables, list(stored)))
        yield PATH, json_text({"@context": _CONTEXT, "@graph": graph})


def _entities(
    facts: DatasetFacts, tables: Tables, stored: list[StoredFile]
) -> Iterator[dict[str, Any]]:
    """Flat, as a crate has them: the root names the others."""
    yield {
        "@id": PATH,
        "@type": "CreativeWork",
        "conformsTo": {"@id": _VERSION},
        "about": {"@id": "./"},
    }
    parts = [*(_file(file) for file in stored), *_folders(facts)]
    creators = [_creator(number, name) for number, name in enumerate(facts.described.creators)]
    measured = [_measured(key, estimates_of(facts, tables, key)) for key in facts.study.keys]
    licence = _licence(facts.described.licence)
    yield {
        "@id": "./",
        "@type": "Dataset",
        "name": facts.described.title,
        "identifier": facts.name,
        "description": facts.description,
        "version": facts.version,
        "datePublished": facts.published.isoformat(),
        "license": {"@id": licence["@id"]},
        "creator": _named(creators),
        "hasPart": _named(parts),
        "variableMeasured": _named(measured),
        "creditText": bibtex(facts),
        **({"url": facts.address} if facts.address else {}),
    }
    yield from (licence, *creators, *measured, *parts)


def _named(entities: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"@id": entity["@id"]} for entity in entities]


def _file(file: StoredFile) -> dict[str, Any]:
    return {
        "@id": quote(file.path),
        "@type": "File",
        "name": file.path,
        "description": _what(file.path),
        "contentSize": str(file.size),
        "encodingFormat": media_type(file.path),
        "sha256": file.sha256,
    }


def _what(path: str) -> str:
    folder, _slash, rest = path.partition("/")
    form = rest.partition("/")[0]
    if folder == FOLDER and form in FORMS:
        return FORMS[form].label
    name = path.rpartition("/")[2].partition(".")[0]
    return _WHAT.get(name, "A picture, named by its SHA-256")


def _folders(facts: DatasetFacts) -> Iterator[dict[str, Any]]:
    for name in (*SPLITS, *ASIDE) if facts.pictures else ():
        if facts.images.get(name):
            yield {
                "@id": f"{name}/",
                "@type": "Dataset",
                "name": name,
                "description": f"Pictures, named by their SHA-256; {METADATA} has a row for each.",
                "hasPart": {"@id": f"{name}/{METADATA}"},
            }


def _creator(number: int, name: str) -> dict[str, Any]:
    family, given = family_and_given(name)
    if not given:
        return {"@id": f"#creator-{number}", "@type": "Organization", "name": name}
    return {
        "@id": f"#creator-{number}",
        "@type": "Person",
        "name": f"{given} {family}",
        "familyName": family,
        "givenName": given,
    }


def _measured(key: str, values: Values) -> dict[str, Any]:
    return {
        "@id": f"#score-{key}",
        "@type": "PropertyValue",
        "name": key,
        "description": f"{values.what}; {values.scale.direction} is better",
        "minValue": values.scale.minimum,
        "maxValue": values.scale.maximum,
    }


def _licence(licence: str) -> dict[str, Any]:
    address = licence if is_address(licence) else f"https://spdx.org/licenses/{licence}"
    said = "The licence of the dataset"
    return {"@id": address, "@type": "CreativeWork", "name": licence, "description": said}


FORMS.register(RoCrate())
