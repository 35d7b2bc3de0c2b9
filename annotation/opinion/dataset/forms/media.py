"""The media types of an archive's files. Pure: no Django."""

from typing import Final

_TYPES: Final = {
    "cff": "application/yaml",
    "csv": "text/csv",
    "html": "text/html",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "jsonl": "application/jsonlines",
    "mat": "application/x-matlab-data",
    "md": "text/markdown",
    "png": "image/png",
    "parquet": "application/vnd.apache.parquet",
    "tex": "application/x-tex",
    "webp": "image/webp",
    "xml": "application/xml",
    "yml": "application/yaml",
}


def media_type(path: str) -> str:
    """By the ending; of one without a known ending that of bytes."""
    return _TYPES.get(path.rpartition(".")[2].lower(), "application/octet-stream")
