"""What a datasheet says, apart from its markup: stimuli, method, raters, viewing conditions and
analysis, as ITU-T P.910 (clause 14) asks of a report, and with every mean opinion score its method,
scale, number, mean and standard deviation of votes (ITU-T P.800.2, clause 9), interval and setting.
Pure: no Django.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ....protocol.perspectives import PerspectiveSettings
from ....protocol.plates import PLATES
from ...export.facts import NOTHING, TIME_ZONE
from ...export.scores import Row
from ...reporting import Report, counted, listed, methods_paragraph
from ..citation import bibtex
from ..facts import SPLITS, DatasetFacts
from ..rai import ASKED, PLATFORM
from .said import release_in_words
from .tables import Tables
from .values import estimates_of, means_of

NOT_SAID = "not stated"
#: Generators that are named; of more, the number alone.
_MOST_NAMED = 20
#: What each score is given with.
SCORES = (
    "Perspective", "Scores", "Rating scale", "Scale of scores", "Images", "Ratings",
    "Ratings per image", "Mean of ratings", "Standard deviation of an image’s ratings",
    "95 % interval", "Setting",
)  # fmt: skip

Item = tuple[str, str]


@dataclass(frozen=True)
class Section:
    title: str
    items: Sequence[Item]


@dataclass(frozen=True)
class Sheet:
    """English texts without markup."""

    title: str
    release: str
    sections: Sequence[Section]
    #: A row per perspective, under `SCORES`.
    scores: Sequence[Sequence[str]]
    methods: str
    bibtex: str


def sheet_of(facts: DatasetFacts, tables: Tables) -> Sheet:
    """What nobody said stands as `NOT_SAID`: a report names it all the same."""
    facts = replace(facts, report=_with_exclusions(facts.report, tables))
    sections = {
        "Dataset": _dataset(facts),
        "Stimuli": _stimuli(facts, tables),
        "Method": _method(facts),
        "Raters and setting": _raters(facts, tables),
        "Analysis": _analysis(facts),
    }
    return Sheet(
        facts.described.title,
        release_in_words(facts),
        [Section(title, list(items)) for title, items in sections.items()],
        [list(_scores(facts, tables, item)) for item in facts.study.perspectives],
        methods_paragraph(facts.report),
        bibtex(facts),
    )


def _with_exclusions(report: Report, tables: Tables) -> Report:
    """A kept release does not know whom it left out; the archive's tables do, and the scores that
    count in them are the release's."""
    given = tables.of_kind(Row.SCORE)
    raters = pc.unique(given.filter(given["excluded"])["rater"])
    images = pc.sum(pc.equal(tables.images["purpose"], "main")).as_py() or 0
    left = replace(report.exclusions, raters=len(raters), images=images - len(tables.main))
    return replace(report, exclusions=left)


def _dataset(facts: DatasetFacts) -> Iterator[Item]:
    yield "Description", facts.description
    yield "Version", f"{facts.version}, {facts.published.isoformat()}"
    yield "Creators", "; ".join(facts.described.creators)
    yield "Licence", facts.described.licence
    yield "Address", facts.address or NOT_SAID
    yield "What is missing", NOTHING
    yield "Time zone", TIME_ZONE
    for key in ("dataUseCases", "dataLimitations", "dataBiases", "dataReleaseMaintenancePlan"):
        yield ASKED[key], facts.described.answers.get(key) or NOT_SAID


def _stimuli(facts: DatasetFacts, tables: Tables) -> Iterator[Item]:
    main = tables.main
    generators = sorted(pc.unique(main["generator"]).to_pylist(), key=str.casefold)
    few = f": {listed(generators)}" if 0 < len(generators) <= _MOST_NAMED else ""
    yield "Images", counted(len(main), "image")
    yield "Prompts", counted(len(pc.unique(main["prompt"])), "prompt")
    yield "Generators", f"{counted(len(generators), 'generator')}{few}"
    yield "Split", ", ".join(f"{facts.images.get(name, 0):,} {name}" for name in SPLITS)
    yield "Size, in pixels", _sizes(main["width"], main["height"])
    yield "Processing", facts.described.answers.get("dataManipulationProtocol") or NOT_SAID


def _method(facts: DatasetFacts) -> Iterator[Item]:
    for item in facts.study.perspectives:
        yield item.label, f"{item.question} {item.help}".strip()
        yield f"{item.label}, scale", _rating_scale(item)


def _raters(facts: DatasetFacts, tables: Tables) -> Iterator[Item]:
    report, trials = facts.report, _trials(tables)
    yield "Setting", facts.described.setting or NOT_SAID
    yield "Platform", f"{PLATFORM}, in a browser"
    yield "Raters", counted(report.collection.raters, "rater")
    yield "Who they were", facts.described.answers.get("annotatorDemographics") or NOT_SAID
    sittings = pc.unique(pc.drop_null(trials["session"]))
    yield "Sessions", counted(len(sittings), "session")
    yield "Period", " to ".join(day.isoformat() for day in facts.period or ()) or NOT_SAID
    width, height = trials["displayed_width"], trials["displayed_height"]
    yield "Size on the screen, in CSS pixels", _sizes(width, height)
    yield "Device pixels per CSS pixel", _range(trials["pixel_ratio"])
    yield "Time on the screen, in seconds", _range(pc.divide(_floats(trials["shown_ms"]), 1000.0))
    yield from _viewing(tables.sessions.filter(pc.is_in(tables.sessions["session"], sittings)))
    left = report.exclusions
    yield "Raters left out", f"{left.raters:,}"
    yield "Images left out", f"{left.images:,}"


def _viewing(sittings: pa.Table) -> Iterator[Item]:
    """As browsers and checks said it, of the sittings whose scores count."""
    yield "Minutes of a session", _range(sittings["minutes"])
    width, height = sittings["viewport_width"], sittings["viewport_height"]
    yield "Window, in CSS pixels", _sizes(width, height)
    yield "CSS pixels per millimetre, measured", _range(sittings["pixels_per_mm"])
    yield "Colour gamut", _tally(sittings["colour_gamut"])
    yield "Browser", _tally(sittings["browser"])
    yield "Pointing device", _tally(sittings["pointer"])
    yield f"Colour plates read, of {len(PLATES)}", _tally(sittings["plates_read"])
    yield "Sight, as raters say", _tally(sittings["acuity"])


def _analysis(facts: DatasetFacts) -> Iterator[Item]:
    report = facts.report
    yield "Method", f"{report.method}, version {report.version}"
    chosen = ", ".join(f"{name} = {value}" for name, value in report.parameters.items())
    yield "Parameters", chosen or "none"
    yield "Which scores count", facts.study.counts_rule or NOT_SAID
    yield "Weights", "by the study’s reliability rules" if report.weighed else "all scores weigh 1"
    rejected = [f"{n} for {name}" for name, n in report.exclusions.rejected.items() if n]
    yield "Raters whom the method rejected", listed(rejected) if rejected else "none"
    yield "Single scores", "scores.csv, .jsonl and .parquet, with each rater’s code"


def _scores(facts: DatasetFacts, tables: Tables, item: PerspectiveSettings) -> Iterator[str]:
    values, means = (make(facts, tables, item.key) for make in (estimates_of, means_of))
    scored = ~np.isnan(values.scores)
    yield item.label
    yield values.what
    yield _rating_scale(item)
    scale = values.scale
    yield f"{scale.minimum:g} to {scale.maximum:g}, {scale.direction} is better"
    yield f"{int(scored.sum()):,}"
    raters = means.raters[scored & ~np.isnan(means.raters)]
    yield f"{int(raters.sum()):,}" if raters.size else NOT_SAID
    yield _range(pa.array(raters))
    yield _range(pa.array(means.scores[~np.isnan(means.scores)]))
    spreads = _range(pa.array(means.spreads[~np.isnan(means.spreads)]))
    yield spreads if spreads == NOT_SAID else f"{spreads}, on {means.spread_scale}"
    yield _interval(tables.main, item.key)
    yield facts.described.setting or NOT_SAID


def _rating_scale(item: PerspectiveSettings) -> str:
    scale = item.scale
    labels = f" ({', '.join(scale.labels)})" if scale.labels else ""
    return f"{scale.minimum:g} to {scale.maximum:g} in {scale.levels:,} steps{labels}"


def _trials(tables: Tables) -> pa.Table:
    """One row for each showing whose scores count."""
    places = pa.array(np.unique(tables.counting["trial"].to_numpy(), return_index=True)[1])
    return tables.counting.take(places)


def _sizes(width: pa.ChunkedArray, height: pa.ChunkedArray) -> str:
    if width.null_count == len(width):
        return NOT_SAID
    return " × ".join((_range(width), _range(height)))


def _range(numbers: pa.Array | pa.ChunkedArray) -> str:
    """The least and the most, with the median if they differ; to two decimals."""
    known = _floats(pc.drop_null(numbers)).to_numpy(zero_copy_only=False).round(2)
    if not known.size:
        return NOT_SAID
    least, most = known.min(), known.max()
    if least == most:
        return f"{least:g}"
    return f"{least:g} to {most:g} (median {np.median(known).round(2):g})"


def _tally(words: pa.ChunkedArray) -> str:
    """How many sittings have which, the most first."""
    counts = pc.value_counts(pc.drop_null(words)).to_pylist()
    found = sorted((-item["counts"], str(item["values"])) for item in counts)
    return ", ".join(f"{value}: {-number:,}" for number, value in found) or NOT_SAID


def _floats(numbers: pa.Array | pa.ChunkedArray) -> pa.Array:
    found = pc.cast(numbers, pa.float64())
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _interval(main: pa.Table, key: str) -> str:
    half = pc.divide(pc.subtract(main[f"opinion_high_{key}"], main[f"opinion_low_{key}"]), 2.0)
    known = pc.drop_null(half).to_numpy()
    return f"median half-width {np.median(known):.2f}" if known.size else "none"
