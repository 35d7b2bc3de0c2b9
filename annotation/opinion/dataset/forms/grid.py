"""Images as a grid: generators, prompts and the images of each pair, by one number. Pure.

AIGCIQA2023 numbers its 6 × 100 × 4 images 400·generator + 4·prompt + k; other sizes likewise.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from .tables import rows_of

NEEDS = "the same number of images of each prompt from each generator"
#: What an imported release says of an image's number.
_INDEX = "metadata_index"


class GridError(Exception):
    """The images are no grid; the message says where."""


@dataclass(frozen=True)
class Grid:
    """Generator g, prompt p and k number an image `size`·P·g + `size`·p + k, from 0."""

    #: In the alphabet's order.
    generators: tuple[str, ...]
    #: In the order in which they came.
    prompts: tuple[str, ...]
    #: Images of one prompt from one generator.
    size: int
    #: Number → the image's place in the table of main images.
    places: tuple[int, ...]

    def cell(self, number: int) -> tuple[int, int, int]:
        """Generator, prompt and k of an image."""
        generator, rest = divmod(number, self.size * len(self.prompts))
        return generator, *divmod(rest, self.size)

    def filename(self, number: int) -> str:
        """`PPP-K.png`, with K from 1."""
        _generator, prompt, k = self.cell(number)
        return f"{prompt:03}-{k + 1}.png"


def grid_of(main: pa.Table) -> Grid:
    """Raises GridError if the images of a prompt from a generator are fewer than others'."""
    columns = ["prompt", "generator", *([_INDEX] if _INDEX in main.column_names else [])]
    rows = list(rows_of(main, columns))
    if not rows:
        raise GridError(f"It needs {NEEDS}; there is none.")
    cells: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place in _in_order(rows):
        cells[rows[place]["generator"], rows[place]["prompt"]].append(place)
    generators = tuple(sorted({generator for generator, _prompt in cells}, key=_alphabet))
    prompts = tuple(dict.fromkeys(prompt for _generator, prompt in cells))
    size = max(map(len, cells.values()))
    _refuse_gaps(cells, generators, prompts, size)
    places = [
        place
        for generator in generators
        for prompt in prompts
        for place in cells[generator, prompt]
    ]
    return Grid(generators, prompts, size, tuple(places))


def _in_order(rows: list[dict[str, Any]]) -> list[int]:
    """Places by the numbers that an imported release gave; as they are if it gave none."""
    said = [str(row.get(_INDEX)) for row in rows]
    if all(number.isdecimal() for number in said):
        return list(map(int, np.argsort([int(number) for number in said], kind="stable")))
    return list(range(len(rows)))


def _refuse_gaps(
    cells: dict[tuple[str, str], list[int]],
    generators: tuple[str, ...],
    prompts: tuple[str, ...],
    size: int,
) -> None:
    for generator in generators:
        for prompt in prompts:
            found = len(cells.get((generator, prompt), ()))
            if found != size:
                raise GridError(
                    f"It needs {NEEDS}: there are {size}, but {found} of “{prompt}” from "
                    f"{generator}."
                )


def _alphabet(name: str) -> tuple[str, str]:
    return name.casefold(), name
