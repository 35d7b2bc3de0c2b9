"""`README.md`: what is in the archive, and the configurations with which `datasets` loads it. Pure.

https://huggingface.co/docs/hub/datasets-cards
"""

import json
from collections.abc import Iterator

from .citation import bibtex, is_address
from .facts import SPLITS, DatasetFacts
from .folder import METADATA

_FILES = """\
| file | what it is |
| --- | --- |
| `scores.csv`, `.jsonl`, `.parquet` | a row per single score; replaced scores, skipped and published ones too |
| `explanations.csv` | a row per reason that a rater gave |
| `images.csv`, `.parquet` | a row per image, with its opinion scores and what a model expected of it |
| `sessions.csv`, `.parquet` | a row per sitting: viewing conditions, checks, minutes |
| `raters.csv`, `.parquet` | a row per rater: bias, inconsistency, verdict, exclusion and its reason; codes, never names |
| `records.jsonl` | an object per image with everything in its structure, for servers that take it in again |
| `pool/`, `holdout/` | {folders} |
| `practice/`, `gold/` | the same for images that raters were trained and checked with, if there are any |
| `DICTIONARY.md` | what each column is, its unit, and what an empty cell means |
| `study.json` | what raters were asked, on which scales, and how scores were made |
| `datasheet.html`, `.md`, `.tex` | how the scores were made, as ITU-T P.910 and P.800.2 ask |
| `forms/` | the same in the layouts of other databases and tools; `forms/README.md` lists them |
| `datacite.json`, `ro-crate-metadata.json` | the same for repositories |
| `croissant.json` | the same for programs (Croissant 1.1 with RAI) |
| `SHA256SUMS` | `sha256sum -c SHA256SUMS` checks every file |
"""  # noqa: E501 -- a table
_WITH = "image folders: a picture's name is its SHA-256; `metadata.parquet` has its row"
_WITHOUT = (
    "`metadata.parquet` has a row per image; pictures are named by their SHA-256, not included"
)


def card(facts: DatasetFacts) -> str:
    """Markdown with a header in YAML."""
    return "\n".join(
        ("---", *_header(facts), "---", f"# {facts.described.title}", "", *_body(facts), "")
    )


def _header(facts: DatasetFacts) -> Iterator[str]:
    licence = facts.described.licence
    yield f"pretty_name: {json.dumps(facts.described.title, ensure_ascii=False)}"
    if is_address(licence):
        yield "license: other"
        yield f"license_link: {json.dumps(licence)}"
    else:
        yield f"license: {licence.lower()}"
    yield "configs:"
    yield "- config_name: images"
    yield "  default: true"
    yield "  data_files:"
    for split in SPLITS:
        # A pattern that matches no file is an error.
        if facts.images.get(split):
            yield f"  - split: {split}"
            yield f"    path: {split}/{'**' if facts.pictures else METADATA}"


def _body(facts: DatasetFacts) -> Iterator[str]:
    yield facts.description
    yield ""
    yield f"Version {facts.version}, {facts.published.isoformat()}."
    yield f"Licence: {facts.described.licence}."
    yield ""
    yield _FILES.format(folders=_WITH if facts.pictures else _WITHOUT)
    yield "```python"
    yield "from datasets import load_dataset"
    yield ""
    yield "# Splits pool and holdout: no model learns from holdout."
    yield f'images = load_dataset("{facts.name}")'
    yield f'scores = load_dataset("parquet", data_files="{facts.name}/scores.parquet")'
    yield "```"
    yield ""
    for key in facts.study.keys:
        scale = facts.study.scale(key)
        yield (
            f"- `mos_{key}`: from {scale['minimum']:g} to {scale['maximum']:g}, "
            f"{scale['direction']} is better"
        )
    yield ""
    yield "```bibtex"
    yield bibtex(facts)
    yield "```"
