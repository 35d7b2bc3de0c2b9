"""The media types of an archive's files. Pure: no Django."""

from typing import Final

_TYPES: Final = {
    "cff": "application/yaml",
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "jsonl": "application/jsonlines",
    "mat": "application/x-matlab-data",
    "md": "text/markdown",
    "parquet": "application/vnd.apache.parquet",
    "tex": "application/x-tex",
    "xml": "application/xml",
    "yml": "application/yaml",
}


def media_type(path: str) -> str:
    """By the ending; of pictures that of all pictures."""
    return _TYPES.get(path.rpartition(".")[2].lower(), "image/*")
