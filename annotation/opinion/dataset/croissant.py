"""`croissant.json`: Croissant 1.1 with its vocabulary of responsible use. Pure: no Django.

http://mlcommons.org/croissant/1.1. Records are read from Parquet, whose types readers do not guess
(findings/croissant-declared-types-come-second.sh).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..export import images, scores
from ..export.columns import Column, Kind
from .citation import bibtex
from .facts import ASIDE, SPLITS, DatasetFacts, StoredFile
from .rai import answers

SPECIFICATIONS = [
    "http://mlcommons.org/croissant/1.1",
    "http://mlcommons.org/croissant/RAI/1.0",
]
#: The specification's own context.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{
        term: f"cr:{term}"
        for term in (
            "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract",
            "field", "fileObject", "fileProperty", "fileSet", "format", "includes", "isArray",
            "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet",
            "references", "regex", "repeated", "replace", "samplingRate", "separator", "source",
            "subField", "transform",
        )
    },
}  # fmt: skip
_TYPES = {
    Kind.INTEGER: "sc:Integer",
    Kind.NUMBER: "sc:Float",
    Kind.BOOLEAN: "sc:Boolean",
    Kind.CODE: "sc:Text",
    Kind.TEXT: "sc:Text",
    Kind.TIME: "sc:DateTime",
    Kind.JSON: "sc:Text",
}
#: The set of image files; kinds of images, and how names of their files end.
PICTURES = "picture-files"
_ENDINGS = {
    "png": ("png",),
    "jpeg": ("jpg", "jpeg"),
    "webp": ("webp",),
    "gif": ("gif",),
    "bmp": ("bmp",),
    "tiff": ("tif", "tiff"),
}
_FORMATS = {
    "csv": "text/csv",
    "jsonl": "application/jsonlines",
    "parquet": "application/x-parquet",
}


def croissant(facts: DatasetFacts, files: Iterable[StoredFile]) -> dict[str, Any]:
    """files: the tables, by their paths in the archive."""
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": SPECIFICATIONS,
        "name": facts.name,
        "alternateName": facts.described.title,
        "description": facts.description,
        "version": facts.version,
        "datePublished": facts.published.isoformat(),
        "license": facts.described.licence,
        "creator": [_creator(name) for name in facts.described.creators],
        "citeAs": bibtex(facts),
        **({"url": facts.address} if facts.address else {}),
        "distribution": [*map(_file, files), *(_pictures() if facts.pictures else ())],
        "recordSet": _record_sets(facts),
        **{f"rai:{key}": value for key, value in answers(facts).items()},
    }


def _creator(name: str) -> dict[str, str]:
    return {"@type": "sc:Person" if "," in name else "sc:Organization", "name": name}


def _file(file: StoredFile) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "contentSize": f"{file.size} B",
        "encodingFormat": _FORMATS[file.path.rpartition(".")[2]],
        "sha256": file.sha256,
    }


def _pictures() -> Sequence[Mapping[str, Any]]:
    return [
        {
            "@type": "cr:FileSet",
            "@id": PICTURES,
            "name": PICTURES,
            "description": "The image files, named by their SHA-256.",
            # Each by name: `image/*` is allowed, and mlcroissant opens none of its files.
            "encodingFormat": [f"image/{kind}" for kind in _ENDINGS],
            "includes": [
                f"{folder}/*.{ending}"
                for folder in (*SPLITS, *ASIDE)
                for endings in _ENDINGS.values()
                for ending in endings
            ],
        }
    ]


def _record_sets(facts: DatasetFacts) -> list[dict[str, Any]]:
    tables = [
        _table("images", "A row per image, with its opinion scores.", images.columns(facts.study)),
        _table("scores", "A row per single score.", scores.SCORES.columns),
    ]
    return [*tables, _picture_records()] if facts.pictures else tables


def _picture_records() -> dict[str, Any]:
    """The pictures, by what joins them to rows."""
    digest = {
        **_picture_field("sha256", "SHA-256 of the file.", "sc:Text", "filename"),
        "references": {"field": {"@id": "images/sha256"}},
    }
    digest["source"]["transform"] = {"regex": "^([0-9a-f]{64})"}
    return {
        "@type": "cr:RecordSet",
        "@id": "pictures",
        "name": "pictures",
        "description": "A record per picture.",
        "field": [
            digest,
            _picture_field("picture", "The picture.", "sc:ImageObject", "content"),
        ],
    }


def _picture_field(name: str, description: str, kind: str, of: str) -> dict[str, Any]:
    source = {"fileSet": {"@id": PICTURES}, "extract": {"fileProperty": of}}
    return {
        "@type": "cr:Field",
        "@id": f"pictures/{name}",
        "name": name,
        "description": description,
        "dataType": kind,
        "source": source,
    }


def _table(name: str, description: str, columns: Iterable[Column]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": description,
        "field": [_field(name, column) for column in columns],
    }


def _field(table: str, column: Column) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{table}/{column.name}",
        "name": column.name,
        "description": _said(column),
        "dataType": _TYPES[column.kind],
        "source": {
            "fileObject": {"@id": f"{table}.parquet"},
            "extract": {"column": column.name},
        },
    }


def _said(column: Column) -> str:
    unit = f" In {column.unit}." if column.unit else ""
    nothing = f" Nothing means: {column.null}." if column.null else ""
    return f"{column.meaning}{unit}{nothing}"
