"""All forms of a release, and a list of them. Pure: no Django."""

from collections.abc import Iterator, Sequence

from ..facts import DatasetFacts, StoredFile
from .base import FOLDER, FORMS, Files
from .said import release_in_words, text
from .tables import Tables

LIST = f"{FOLDER}/README.md"


def files_of(facts: DatasetFacts, tables: Tables, stored: Sequence[StoredFile] = ()) -> Files:
    """Path and pieces of each form's files, each to be written before the next one is asked for.

    stored: the files of the archive, a sequence that grows as those given here are written. A form
    for which the release lacks something is left out; the list of forms, which comes first, says
    what it lacks.
    """
    lacks = {name: form.lacks(facts, tables) for name, form in FORMS.items()}
    yield LIST, text(_listed(facts, lacks))
    for name, form in FORMS.items():
        if not lacks[name]:
            yield from form.files(facts, tables, stored)


def _listed(facts: DatasetFacts, lacks: dict[str, str]) -> Iterator[str]:
    yield release_in_words(facts)
    yield ""
    for name, form in FORMS.items():
        left_out = f" Left out. {lacks[name]}" if lacks[name] else ""
        yield f"- `{name}`, version {form.version}. {form.label} ({form.citation}).{left_out}"
