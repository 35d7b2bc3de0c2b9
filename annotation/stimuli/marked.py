"""What raters marked on an image and in its prompt, as the image's page shows it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..models import Explanation, Stimulus
from ..protocol.marks import Region, pieces_of

#: The image's width in the drawing's units.
UNITS = 1000
#: Tints in the page's style sheet; they repeat if more raters have marked something.
_TINTS = 8


@dataclass(frozen=True)
class Outline:
    """One region as an SVG path; `stroke_width` is empty for a box, whose line is of any width."""

    tint: int
    path: str
    stroke_width: str
    #: Who marked it, and for which perspective.
    code: str
    perspective: str


@dataclass(frozen=True)
class Piece:
    """A piece of the prompt: by how many raters it is marked."""

    text: str
    raters: int = 0


@dataclass(frozen=True)
class Marked:
    """All marks on one image."""

    view_box: str
    outlines: tuple[Outline, ...]
    pieces: tuple[Piece, ...]
    #: Rater's code → tint, of those who marked regions.
    tints: Mapping[str, int]


def marked_of(
    stimulus: Stimulus,
    explanations: Iterable[tuple[str, Explanation]],
    labels: Mapping[str, str],
) -> Marked:
    """From raters' codes with their current explanations; labels: perspective → its name."""
    aspect = stimulus.height / stimulus.width if stimulus.width and stimulus.height else 1.0
    tints: dict[str, int] = {}
    outlines: list[Outline] = []
    raters: dict[int, set[str]] = defaultdict(set)
    for code, item in explanations:
        for region in item.regions:
            tint = tints.setdefault(code, len(tints) % _TINTS)
            label = labels[item.perspective.key]
            path, width = _path(region, aspect), _stroke_width(region)
            outlines.append(Outline(tint, path, width, code, label))
        for word in item.words:
            raters[word].add(code)
    pieces = tuple(
        Piece(text, len(raters[number]) if number in raters else 0)
        for text, number in pieces_of(stimulus.prompt.text)
    )
    return Marked(f"0 0 {UNITS} {UNITS * aspect:.1f}", tuple(outlines), pieces, tints)


def _path(region: Region, aspect: float) -> str:
    def at(point: Iterable[float]) -> str:
        x, y = point
        return f"{x * UNITS:.1f} {y * UNITS * aspect:.1f}"

    if "points" in region:
        first, *others = map(at, region["points"])
        # A line to itself, so that a single point is a round dab.
        return f"M{first}L{' '.join(others or [first])}"
    corner = at((region["x"], region["y"]))
    width, height = region["width"] * UNITS, region["height"] * UNITS * aspect
    return f"M{corner}h{width:.1f}v{height:.1f}h{-width:.1f}z"


def _stroke_width(region: Region) -> str:
    return f"{2 * region['radius'] * UNITS:.1f}" if "radius" in region else ""
