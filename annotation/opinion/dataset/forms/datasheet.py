"""The datasheet in HTML, Markdown and LaTeX. Pure: no Django."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from ..citation import escaped
from ..facts import DatasetFacts, StoredFile
from .base import FORMS, Files
from .said import text
from .sheet import SCORES, Sheet, sheet_of
from .tables import Tables

_STYLE = (
    ":root{color-scheme:light dark}body{font:1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem;overflow-wrap:anywhere}table{border-collapse:collapse}th,td{border:1px solid;"
    "padding:.25rem .5rem;text-align:left;vertical-align:top}div{overflow-x:auto}"
)


@dataclass(frozen=True)
class Datasheet:
    name: str = "datasheet"
    version: str = "3"
    citation: str = "ITU-T P.910, 2023, clause 14; ITU-T P.800.2, clause 9"
    label: str = "A datasheet in HTML and Markdown, and its table of scores in LaTeX"

    def lacks(self, facts: DatasetFacts, tables: Tables) -> str:
        return ""

    def files(self, facts: DatasetFacts, tables: Tables, stored: Sequence[StoredFile]) -> Files:
        sheet = sheet_of(facts, tables)
        yield "datasheet.html", text(_html(sheet))
        yield "datasheet.md", text(_markdown(sheet))
        yield "datasheet.tex", text(_latex(sheet))


def _html(sheet: Sheet) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(sheet.title)}</title>"
    yield f"<style>{_STYLE}</style></head><body>"
    yield f"<h1>{escape(sheet.title)}</h1>"
    yield f"<p>{escape(sheet.release)}</p>"
    for section in sheet.sections:
        yield f"<h2>{escape(section.title)}</h2><dl>"
        yield from (
            f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>" for name, said in section.items
        )
        yield "</dl>"
    yield '<h2 id="scores">Scores</h2>'
    yield '<div role="region" aria-labelledby="scores" tabindex="0"><table>'
    yield _html_row(SCORES, "th")
    yield from (_html_row(row, "td") for row in sheet.scores)
    yield "</table></div><h2>Methods</h2>"
    yield f"<p>{escape(sheet.methods)}</p>"
    yield f"<h2>Citation</h2><pre>{escape(sheet.bibtex)}</pre>"
    yield "</body></html>"


def _html_row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _markdown(sheet: Sheet) -> Iterator[str]:
    yield f"# {_plain(sheet.title)}"
    yield ""
    yield _plain(sheet.release)
    for section in sheet.sections:
        yield ""
        yield f"## {section.title}"
        yield ""
        yield from (f"- **{_plain(name)}**: {_plain(said)}" for name, said in section.items)
    yield ""
    yield "## Scores"
    yield ""
    yield _markdown_row(SCORES)
    yield _markdown_row(["---"] * len(SCORES))
    yield from map(_markdown_row, sheet.scores)
    yield ""
    yield "## Methods"
    yield ""
    yield _plain(sheet.methods)
    yield ""
    yield "```bibtex"
    yield sheet.bibtex
    yield "```"


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_plain, cells))} |"


def _plain(words: str) -> str:
    """One line that no reader takes for markup."""
    line = " ".join(words.split())
    for sign in "\\`*_[]<>|":
        line = line.replace(sign, f"\\{sign}")
    return line


def _latex(sheet: Sheet) -> Iterator[str]:
    """A table for a paper: a row for each thing that is said, a column for each perspective."""
    yield f"% {' '.join(sheet.release.split())}"
    yield r"\begin{table}"
    yield rf"\caption{{{_tex(sheet.title)}}}"
    yield rf"\begin{{tabular}}{{l{'p{4cm}' * len(sheet.scores)}}}"
    yield r"\hline"
    for place, name in enumerate(SCORES):
        cells = [name, *(row[place] for row in sheet.scores)]
        yield rf"{' & '.join(map(_tex, cells))} \\"
        if place == 0:
            yield r"\hline"
    yield r"\hline"
    yield r"\end{tabular}"
    yield r"\end{table}"


def _tex(words: str) -> str:
    return escaped(" ".join(words.split()))


FORMS.register(Datasheet())
