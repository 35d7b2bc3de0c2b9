"""How a dataset release is cited: `CITATION.cff` (Citation File Format 1.2.0) and BibTeX. Pure."""

import json
from collections.abc import Iterator

from .facts import DatasetFacts


def citation_cff(facts: DatasetFacts) -> str:
    """YAML, whose strings may be written as JSON's."""
    return "\n".join(_lines(facts)) + "\n"


def bibtex(facts: DatasetFacts) -> str:
    """An entry for a paper."""
    fields = {
        "title": f"{{{escaped(facts.described.title)}}}",
        "author": " and ".join(_author(name) for name in facts.described.creators),
        "year": str(facts.published.year),
        "version": facts.version,
        "note": f"Release of opinion scores {facts.report.digest[:12]}",
        **({"url": facts.address} if facts.address else {}),
    }
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{facts.study.study}{facts.number},\n{body}\n}}"


def is_address(licence: str) -> bool:
    """Whether a licence is named by its address, not by an identifier."""
    return licence.startswith(("https://", "http://"))


def escaped(text: str) -> str:
    """In LaTeX's letters."""
    for sign in "\\{}":
        text = text.replace(sign, "")
    for sign in "&%$#_":
        text = text.replace(sign, f"\\{sign}")
    return text


def family_and_given(creator: str) -> tuple[str, str]:
    """A person's names; a group has the first alone."""
    family, _comma, given = creator.partition(",")
    return family.strip(), given.strip()


def _lines(facts: DatasetFacts) -> Iterator[str]:
    licence = facts.described.licence
    yield "cff-version: 1.2.0"
    yield 'message: "If you use this dataset, please cite it as below."'
    yield "type: dataset"
    yield f"title: {_text(facts.described.title)}"
    yield f"version: {_text(facts.version)}"
    yield f"date-released: {_text(facts.published.isoformat())}"
    yield f"{'license-url' if is_address(licence) else 'license'}: {_text(licence)}"
    if facts.address:
        yield f"url: {_text(facts.address)}"
    yield "authors:"
    for name in facts.described.creators:
        family, given = family_and_given(name)
        if given:
            yield f"  - family-names: {_text(family)}"
            yield f"    given-names: {_text(given)}"
        else:
            yield f"  - name: {_text(name)}"


def _author(name: str) -> str:
    """A group's name is kept together."""
    return escaped(name) if "," in name else f"{{{escaped(name)}}}"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
