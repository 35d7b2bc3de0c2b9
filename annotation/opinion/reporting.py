"""How a release of opinion scores was made, as a paper's Methods section says it. Pure: no Django.

In English, whatever the reader's language: papers are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .references import Reference, account_of, bibliography, cited


@dataclass(frozen=True)
class RatedScale:
    """What was asked, on which scale, and the scale that the scores are on."""

    perspective: str
    minimum: float
    maximum: float
    levels: int
    #: Of the scale's levels, or along it; may be empty.
    labels: tuple[str, ...]
    #: The ends of the scale of the scores.
    of_scores: tuple[float, float]


@dataclass(frozen=True)
class Exclusions:
    """Whose ratings were left out: None if it is not known of a kept release."""

    raters: int | None = None
    images: int | None = None
    #: Perspective → raters whom the method rejected for it, if it rejects any.
    rejected: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Collection:
    """How many raters gave how many ratings to how many images."""

    raters: int
    #: One rater's answers to one image.
    ratings: int
    images: int
    #: Ratings per image.
    least: int
    median: float
    most: int


@dataclass(frozen=True)
class Report:
    """What there is to say of a release."""

    method: str
    version: str
    parameters: Mapping[str, Any]
    collection: Collection
    scales: Sequence[RatedScale]
    exclusions: Exclusions
    #: Whether the study's rules let some raters' ratings weigh less.
    weighed: bool
    #: When the data was read, the release's name ("" for the live one) and digest.
    day: date
    name: str = ""
    digest: str = ""


def methods_paragraph(report: Report) -> str:
    """A paragraph for a paper; one sentence if there are no ratings."""
    if not report.collection.ratings:
        return "There are no ratings yet."
    return " ".join(
        (
            _collected(report.collection),
            *_asked(report.scales),
            *_left_out(report.exclusions),
            *_scored(report),
            _computed(report),
        )
    )


def bibtex(report: Report) -> str:
    """What the paragraph cites."""
    account = account_of(report.method)
    return bibliography((*account.references_with(report.parameters), *account.of_interval))


def listed(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(part for part in (", ".join(items[:-1]), items[-1]) if part)


def counted(n: int, thing: str) -> str:
    """`1 image`, `2,000 images`."""
    return f"{n:,} {thing}" if n == 1 else f"{n:,} {thing}s"


def _collected(found: Collection) -> str:
    start = (
        f"{counted(found.raters, 'rater')} gave {counted(found.ratings, 'rating')} of "
        f"{counted(found.images, 'image')}"
    )
    if found.images == 1:
        return f"{start}."
    if found.least == found.most:
        return f"{start}, {found.most:,} per image."
    return f"{start}, {found.least:,} to {found.most:,} per image (median {found.median:g})."


def _asked(scales: Sequence[RatedScale]) -> Iterator[str]:
    """A sentence for all perspectives on the same scale."""
    for scale, names in _grouped(scales).items():
        yield f"Images were rated for {listed(names)} {scale}."


def _grouped(scales: Sequence[RatedScale]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for scale in scales:
        found.setdefault(_scale_in_words(scale), []).append(scale.perspective.lower())
    return found


def _scale_in_words(scale: RatedScale) -> str:
    words = f"on a scale from {scale.minimum:g} to {scale.maximum:g} in {scale.levels:,} steps"
    if not scale.labels:
        return words
    return f"{words} ({', '.join(scale.labels)})"


def _left_out(exclusions: Exclusions) -> Iterator[str]:
    gone = [
        counted(n, thing)
        for n, thing in ((exclusions.raters, "rater"), (exclusions.images, "image"))
        if n
    ]
    if gone:
        yield f"The ratings of {listed(gone)} that were excluded are not among these."
    rejected = [(name.lower(), n) for name, n in exclusions.rejected.items() if n]
    if rejected:
        parts = [f"{counted(n, 'rater')} for {name}" for name, n in rejected]
        yield f"The method rejected {listed(parts)}."


def _scored(report: Report) -> Iterator[str]:
    account = account_of(report.method)
    named = [f"method {report.method}, version {report.version}"]
    named += [f"{name} = {value}" for name, value in report.parameters.items()]
    words = account.words or "Opinion scores were made of the ratings."
    references = account.references_with(report.parameters)
    yield _citing(words.removesuffix(".") + f" ({'; '.join(named)}).", references)
    if report.weighed:
        yield "Ratings by raters who fail the study’s reliability rules weigh less."
    moved = [scale for scale in report.scales if scale.of_scores != (scale.minimum, scale.maximum)]
    if moved:
        low, high = moved[0].of_scores
        yield f"The scores are on a scale from {low:g} to {high:g}."
    yield _citing(account.interval, account.of_interval)


def _citing(sentence: str, references: Sequence[Reference]) -> str:
    return " ".join((sentence.removesuffix("."), *filter(None, [cited(references)]))) + "."


def _computed(report: Report) -> str:
    words = f"Scores were computed with MINT Workbench from the ratings of {report.day.isoformat()}"
    if not report.name:
        return f"{words}."
    return f"{words} (release “{report.name}”, SHA-256 {report.digest[:12]})."
