"""Metadata for whoever registers a DOI: DataCite 4.7, in the JSON of its REST API. Pure: no Django.

https://datacite-metadata-schema.readthedocs.io/en/4.7/
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...export.facts import NOTHING, TIME_ZONE
from ...reporting import counted, methods_paragraph
from ..citation import family_and_given, is_address
from ..facts import DatasetFacts, StoredFile
from .base import FORMS, Files
from .media import media_type
from .said import json_text, release_in_words, scales_in_words
from .tables import Tables
from .values import estimates_of

#: DataCite's own word for what is not known: whoever registers a DOI publishes.
_UNAVAILABLE = "(:unav)"
_SPDX = "https://spdx.org/licenses/"


@dataclass(frozen=True)
class DataCite:
    name: str = "datacite"
    version: str = "1"
    citation: str = "DataCite Metadata Schema 4.7"
    label: str = "DataCite: what the registration of a DOI asks for"

    def lacks(self, facts: DatasetFacts, tables: Tables) -> str:
        return ""

    def files(self, facts: DatasetFacts, tables: Tables, stored: Sequence[StoredFile]) -> Files:
        yield "datacite.json", json_text(_document(facts, tables, stored))


def _document(facts: DatasetFacts, tables: Tables, stored: Sequence[StoredFile]) -> dict[str, Any]:
    values = {key: estimates_of(facts, tables, key) for key in facts.study.keys}
    technical = (release_in_words(facts), *scales_in_words(values), NOTHING, f"Times: {TIME_ZONE}.")
    return {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Image quality ratings"},
        "creators": [_creator(name) for name in facts.described.creators],
        "titles": [{"title": facts.described.title}],
        "publisher": {"name": _UNAVAILABLE},
        "publicationYear": str(facts.published.year),
        "version": facts.version,
        "dates": list(_dates(facts)),
        "rightsList": [_rights(facts.described.licence)],
        "descriptions": [
            {"description": facts.description, "descriptionType": "Abstract"},
            {"description": methods_paragraph(facts.report), "descriptionType": "Methods"},
            {"description": "\n".join(technical), "descriptionType": "TechnicalInfo"},
        ],
        "sizes": [counted(len(tables.main), "image")],
        "formats": sorted({media_type(file.path) for file in stored}),
        **({"url": facts.address} if facts.address else {}),
    }


def _creator(name: str) -> dict[str, str]:
    family, given = family_and_given(name)
    if not given:
        return {"name": name, "nameType": "Organizational"}
    return {
        "name": f"{family}, {given}",
        "nameType": "Personal",
        "familyName": family,
        "givenName": given,
    }


def _dates(facts: DatasetFacts) -> Iterator[dict[str, str]]:
    yield {"date": facts.published.isoformat(), "dateType": "Issued"}
    if facts.period:
        days = "/".join(day.isoformat() for day in facts.period)
        yield {"date": days, "dateType": "Collected"}


def _rights(licence: str) -> dict[str, str]:
    if is_address(licence):
        return {"rights": licence, "rightsUri": licence}
    return {
        "rights": licence,
        "rightsUri": f"{_SPDX}{licence}.html",
        "rightsIdentifier": licence,
        "rightsIdentifierScheme": "SPDX",
        "schemeUri": _SPDX,
    }


FORMS.register(DataCite())
