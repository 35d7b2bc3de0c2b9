"""Plots of generators: means, differences of all pairs, and means by category."""

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

from django.utils.translation import gettext as _

from workbench.core.plots import ACCENT, CATEGORIES, DIVERGING, Plot

from ...protocol.scales import Scale
from ..comparison.leaderboard import Leaderboard, LeaderboardRow, PairwiseDifference
from ..generators import CategoryMean, PerspectiveLeaderboard

#: The best so many are drawn; tables and the API have all.
_MOST_MEANS, _MOST_PAIRED, _MOST_BY_CATEGORY = 100, 30, 20
#: With more generators the cells are too small for numbers.
_MOST_NUMBERED = 10
#: On dark cells.
_PAPER, _INK = "#fff", "#191c22"
_MARK = "*"


def means_plot(item: PerspectiveLeaderboard, label: str, axis: str, scale: Scale) -> Plot:
    """Means with 95 % intervals, the best on top; prediction-powered ones below the plain ones."""
    board = item.board or Leaderboard((), (), "", None, 0, 0)
    plain, powered = _("Plain mean"), _("Prediction-powered mean")
    order = [item.names[row.generator] for row in board.rows[:_MOST_MEANS]]
    rows = [_mean_row(item.names, row, plain) for row in board.rows if row.mean is not None]
    if item.powered:
        known = (row for row in item.powered.rows if row.mean is not None)
        rows += [_mean_row(item.names, row, powered) for row in known]
    rows = [row for row in rows if row["generator"] in order]
    best = rows[0]["generator"] if rows else ""
    return Plot(
        name="means",
        title=_("Generators by mean score: %(perspective)s") % {"perspective": label},
        summary=_("mean scores of %(n)d generators with 95 %% intervals; %(best)s has the highest")
        % {"n": len(order), "best": best},
        grammar=_means_grammar(order, axis, scale, [plain, powered] if item.powered else [plain]),
        rows=rows,
        nothing=_("No generator has a mean yet."),
    )


def _mean_row(names: Sequence[str], row: LeaderboardRow, kind: str) -> dict[str, Any]:
    fields = (
        "mean", "low", "high", "rank", "rank_low", "rank_high",
        "images", "prompts", "raters", "ratings",
    )  # fmt: skip
    found = {field: getattr(row, field) for field in fields}
    return {"generator": names[row.generator], "kind": kind, **found}


def _means_grammar(
    order: Sequence[str], axis: str, scale: Scale, kinds: Sequence[str]
) -> Mapping[str, Any]:
    colour = {
        "field": "kind",
        "title": None,
        "scale": {"domain": kinds, "range": [ACCENT, CATEGORIES[1]]},
        "legend": {"orient": "bottom", "labelLimit": 0} if len(kinds) > 1 else None,
    }
    shape = colour | {"scale": {"domain": kinds, "range": ["circle", "diamond"]}}
    offset = {"yOffset": {"field": "kind", "sort": kinds}} if len(kinds) > 1 else {}
    return {
        "height": {"step": 18 if len(kinds) > 1 else 26},
        "encoding": {
            "y": {"field": "generator", "sort": order, "title": None},
            **offset,
            "color": colour,
        },
        "layer": _interval_layers(axis, scale, {"shape": shape}),
    }


def _interval_layers(axis: str, scale: Scale, point: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """An interval if it is known, and its mean; on an axis that shows the whole scale."""
    across = {
        "type": "quantitative",
        "title": axis,
        "scale": {"domain": [scale.minimum, scale.maximum], "zero": False},
    }
    return [
        {
            "transform": [{"filter": "isValid(datum.low)"}],
            "mark": {"type": "rule", "strokeWidth": 2, "clip": True, "aria": False},
            "encoding": {"x": {"field": "low", **across}, "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 60},
            "encoding": {
                "x": {"field": "mean", **across},
                **point,
            },
        },
    ]


def pairs_plot(item: PerspectiveLeaderboard, label: str) -> Plot:
    """A cell for each pair: the mean of its row less that of its column."""
    board = item.board or Leaderboard((), (), "", None, 0, 0)
    known = [row.generator for row in board.rows if row.low is not None][:_MOST_PAIRED]
    pairs = {(pair.first, pair.second): pair for pair in board.pairs}
    rows = [_pair_row(item.names, pairs, a, b) for a, b in permutations(known, 2)]
    certain = sum(pair.significant for pair in board.pairs)
    return Plot(
        name="pairs",
        title=_("Differences between generators: %(perspective)s") % {"perspective": label},
        summary=_("the mean of each row less that of each column; %(n)d of %(pairs)d pairs differ")
        % {"n": certain, "pairs": len(board.pairs)},
        grammar=_pairs_grammar([item.names[place] for place in known], rows),
        rows=rows,
        nothing=_("A difference needs two generators whose means have intervals."),
    )


def _pair_row(
    names: Sequence[str], pairs: Mapping[tuple[int, int], PairwiseDifference], a: int, b: int
) -> dict[str, Any]:
    """Of generator `a` less `b`; each pair is known in one order only."""
    pair, sign = (pairs[a, b], 1) if (a, b) in pairs else (pairs[b, a], -1)
    ends = sorted([sign * pair.low, sign * pair.high])
    effect = None if pair.effect_size is None else sign * pair.effect_size
    return {
        "generator": names[a],
        "against": names[b],
        "difference": sign * pair.difference,
        "low": ends[0],
        "high": ends[1],
        "p_holm": pair.p_holm,
        "effect_size": effect,
        "significant": _MARK if pair.significant else "",
    }


def _pairs_grammar(order: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    numbered = len(order) <= _MOST_NUMBERED
    most = max((abs(row["difference"]) for row in rows), default=0) or 1.0
    domain = [most * share for share in (-1, -0.5, 0, 0.5, 1)]
    colour = {
        "field": "difference",
        "type": "quantitative",
        "title": _("Difference"),
        "scale": {"domain": domain, "range": list(DIVERGING), "interpolate": "lab"},
        "legend": {"format": "+.2f"},
    }
    # The ends of the colours are dark, purple sooner than brown.
    dark = f"datum.difference > {0.65 * most} || datum.difference < {-0.85 * most}"
    return {
        "width": {"step": 66 if numbered else 26},
        "height": {"step": 42 if numbered else 26},
        "encoding": {
            "y": {"field": "generator", "sort": order, "title": _("Generator")},
            "x": {
                "field": "against",
                "sort": order,
                "title": _("Compared with"),
                "axis": {"orient": "top", "labelAngle": -35},
            },
        },
        "layer": [
            {"mark": {"type": "rect"}, "encoding": {"color": colour}},
            *_cell_texts(numbered, dark),
        ],
    }


def _cell_texts(numbered: bool, dark: str) -> list[Mapping[str, Any]]:
    difference = "format(datum.difference, '+.2f') + (datum.significant ? ' *' : '')"
    effect = "isValid(datum.effect_size) ? 'd ' + format(datum.effect_size, '+.2f') : ''"
    texts = [(difference, -7, 12), (effect, 9, 11)] if numbered else [("datum.significant", 4, 16)]
    return [
        {
            "transform": [{"calculate": text, "as": "text"}],
            "mark": {"type": "text", "dy": below, "fontSize": size, "aria": False},
            "encoding": {
                "text": {"field": "text"},
                "color": {"condition": {"test": dark, "value": _PAPER}, "value": _INK},
            },
        }
        for text, below, size in texts
    ]


def category_plot(
    means: Sequence[CategoryMean],
    item: PerspectiveLeaderboard,
    label: str,
    axis: str,
    scale: Scale,
    by: str,
) -> Plot:
    """A small picture of means for each category."""
    board = item.board or Leaderboard((), (), "", None, 0, 0)
    order = [item.names[row.generator] for row in board.rows[:_MOST_BY_CATEGORY]]
    rows = [_category_row(mean) for mean in means if mean.generator in order]
    return Plot(
        name="categories",
        title=_("Generators by %(category)s: %(perspective)s")
        % {"category": by, "perspective": label},
        summary=_("mean scores with 95 %% intervals in each of %(n)d categories")
        % {"n": len({row["category"] for row in rows})},
        grammar={
            "facet": {"field": "category", "title": None},
            "columns": 2,
            "spec": {
                "width": 260,
                "height": {"step": 22},
                "encoding": {"y": {"field": "generator", "sort": order, "title": None}},
                "layer": _interval_layers(axis, scale, {}),
            },
        },
        rows=rows,
        nothing=_("No category has means yet."),
    )


def _category_row(mean: CategoryMean) -> dict[str, Any]:
    fields = ("mean", "low", "high", "images", "prompts", "raters", "ratings")
    return {
        "category": mean.category or _("not given"),
        "generator": mean.generator,
        **{field: getattr(mean.row, field) for field in fields},
    }
