"""Plots as SVG, drawn by Vega-Lite through vl-convert, with the rows that they show.

Drawn on the server: no script, prints, is read out mark by mark. In a page a plot takes the page's
colours (docs/decisions/034); as a file it has its own. Pure: no Django.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

import vl_convert

from .tables import csv_lines, csv_start

#: Of Vega-Lite's grammar, as vl-convert names it.
GRAMMAR = "6.4"
#: Colours of a page, for marks and for what stands around them.
INK, MUTED, LINE, ACCENT, SOFT, BAD = (
    "var(--ink)",
    "var(--ink-2)",
    "var(--line)",
    "var(--accent)",
    "var(--accent-soft)",
    "var(--bad)",
)
#: The same in a file: those of the light page.
_IN_A_FILE = {
    INK: "#191c22",
    MUTED: "#565d6b",
    LINE: "#d5d9e0",
    ACCENT: "#0b6e5f",
    SOFT: "#dff1ed",
    BAD: "#a8201a",
}
#: Apart for colour-blind readers, on light and on dark (Okabe and Ito, 2008, "Color Universal
#: Design"; their black and yellow are left out: each vanishes on one of the two).
CATEGORIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
#: From bad to good without red and green: ColorBrewer's PuOr.
DIVERGING = ("#b35806", "#f1a340", "#d8daeb", "#998ec3", "#542788")
_WIDTH = 380
#: Rendered plots that a process keeps; one is some 20 kB.
_KEPT = 256
_CONFIG: dict[str, Any] = {
    "background": None,
    "font": "inherit",
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "titleFontWeight": "normal",
        "titleFontSize": 12,
        "labelFontSize": 12,
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
        "labelLimit": 200,
    },
    "legend": {
        "labelColor": INK,
        "titleColor": MUTED,
        "labelFontSize": 12,
        "titleFontSize": 12,
        # Of sizes and shapes; black, as Vega has them, is not seen on dark.
        "symbolBaseFillColor": MUTED,
        "symbolBaseStrokeColor": MUTED,
    },
    "title": {
        "color": INK,
        "subtitleColor": MUTED,
        "fontSize": 12,
        "subtitleFontSize": 12,
        "anchor": "start",
        "frame": "group",
    },
    "header": {"labelColor": INK, "titleColor": MUTED, "labelFontSize": 12},
    "range": {"category": list(CATEGORIES), "diverging": list(DIVERGING)},
    "bar": {"color": ACCENT},
    "point": {"color": ACCENT, "filled": True, "size": 50},
    "rule": {"color": ACCENT},
    "line": {"color": ACCENT},
    "text": {"color": INK, "fontSize": 12},
}
#: What vl-convert 1.9 makes of a link within the site (findings/vl-convert-links.sh).
_STRANGE_BASE = 'xlink:href="https://vega.github.io/vega-datasets//'
_ROOT = re.compile(r"<svg [^>]*?>")


@dataclass(frozen=True)
class Plot:
    """A picture of `rows`, in Vega-Lite's grammar (https://vega.github.io/vega-lite)."""

    #: In addresses and names of files.
    name: str
    title: str
    #: What is to be seen, in one sentence, for those who do not see it.
    summary: str
    #: All but the data: `mark` and `encoding`, or `layer`.
    grammar: Mapping[str, Any]
    #: Each with the same keys, texts and numbers; None if not known.
    rows: Sequence[Mapping[str, Any]]
    #: Said instead of an empty picture.
    nothing: str = ""

    @property
    def svg(self) -> str:
        """For a page: colours are its own, and the width is that of its place."""
        label = {"role": "group", "aria-label": f"{self.title}: {self.summary}"}
        return _with_attributes(_drawn(self._grammar()), label)

    def svg_file(self) -> str:
        """For a paper: in its own colours, on white."""
        drawn = _drawn(self._grammar())
        for theirs, ours in _IN_A_FILE.items():
            drawn = drawn.replace(theirs, ours)
        drawn = drawn.replace('font-family="inherit"', 'font-family="sans-serif"')
        return _ROOT.sub(
            lambda root: f'{root[0]}<rect width="100%" height="100%" fill="#fff"/>', drawn
        )

    def csv_file(self, *, raw: bool = False) -> str:
        """What it shows, a line per row."""
        columns = list(self.rows[0]) if self.rows else []
        cells = ([row[name] for name in columns] for row in self.rows)
        return csv_start(columns, raw=raw) + csv_lines(cells, raw=raw)

    def _grammar(self) -> str:
        return json.dumps(
            {
                "width": _WIDTH,
                **self.grammar,
                "data": {"values": list(self.rows)},
                "config": _CONFIG,
            },
            ensure_ascii=False,
        )


@lru_cache(_KEPT)
def _drawn(grammar: str) -> str:
    # Nothing is fetched from anywhere: the rows are all in the grammar.
    drawn = vl_convert.vegalite_to_svg(grammar, vl_version=GRAMMAR, allowed_base_urls=[])
    return drawn.replace(_STRANGE_BASE, 'xlink:href="/')


def start_renderer() -> None:
    """Draw nothing: a process's first drawing starts a JavaScript engine, for half a second of
    processor time in which no other thread of the process runs, as vl-convert holds Python's
    lock."""
    _drawn(json.dumps({"data": {"values": []}, "mark": "point"}))


def _with_attributes(drawn: str, attributes: Mapping[str, str]) -> str:
    """`drawn`, with attributes of the root element."""
    added = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return drawn.replace("<svg ", f"<svg {added} ", 1)
