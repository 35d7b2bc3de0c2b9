"""Which images are held out (docs/decisions/008).

Prompts are drawn, so that no prompt is on both sides: a systematic random sample, stratified by
generator. They are sorted by their set of generators, in random order within each, and taken at a
fixed interval from a random start (Cochran, Sampling Techniques, chapter 8). Every prompt has the
same probability `share`, and the number held out is within one of its expectation, overall and for
each run of prompts with the same generators.

Neither side stays empty. If the share comes to less than one prompt, the one is held out whose
number of images comes closest to the share of all images. The images of a study's only prompt are
drawn in the same way, one by one.
"""

import hashlib
import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Split(StrEnum):
    """The model learns from the pool; the hold-out only measures how well."""

    POOL = "pool"
    HOLDOUT = "holdout"


@dataclass(frozen=True)
class NewImage:
    """An image that has no side yet. `prompt` and `generator`: the keys of their groups. `side`:
    where it was, if it comes from another study."""

    prompt: str
    generator: str
    side: Split | None = None


@dataclass(frozen=True)
class Tally:
    """How many were drawn, and how many of them are held out."""

    drawn: int = 0
    held_out: int = 0


@dataclass(frozen=True)
class Draw:
    """The side of each new image by its name, and how it came about."""

    splits: dict[str, Split]
    #: Prompts that were drawn as a whole, and images that were drawn one by one.
    prompts: Tally = Tally()
    images: Tally = Tally()
    #: Images that are not on the side on which they were, because their prompt is on the other.
    overruled: int = 0


#: Of a prompt's group: how many of its images are on each side; 0 if those are out of use.
Sides = Mapping[Split, int]


def draw_holdout(
    new: Mapping[str, NewImage], held: Mapping[str, Sides], share: float, seed: int
) -> Draw:
    """The sides of the `new` images (by name); `held`: the images of each prompt that have one.

    No image that has a side is moved. A new image joins its prompt; if that is on both sides, or
    there is no other prompt, it is drawn by itself. Prompts without a side are drawn with `seed`
    and the names themselves, so the same import gives the same draw, whatever the order of its
    rows. With a share of 0 nothing is drawn, and what has no side is put into the pool.
    """
    if not 0 <= share < 1:
        raise ValueError(f"share {share} is outside 0…1")
    sorted_out = _sort_out(new, held, share)
    drawing = _Drawing(share, seed, _empty_sides(held, sorted_out.placed), _size(new, held))
    prompts = drawing.held_out(sorted_out.prompts)
    images = drawing.held_out(sorted_out.images)
    out = {name for prompt in prompts for name in sorted_out.members[prompt]} | images
    splits = {
        name: sorted_out.placed.get(name) or (Split.HOLDOUT if name in out else Split.POOL)
        for name in new
    }
    return Draw(
        splits,
        Tally(len(sorted_out.prompts), len(prompts)),
        Tally(len(sorted_out.images), len(images)),
        sum(image.side not in (None, splits[name]) for name, image in new.items()),
    )


@dataclass(frozen=True)
class _Unit:
    """What is drawn as a whole: a prompt or an image."""

    generators: tuple[str, ...]
    images: int


@dataclass
class _SortedOut:
    """New images whose side is settled, and what is to be drawn."""

    placed: dict[str, Split] = field(default_factory=dict)
    images: dict[str, _Unit] = field(default_factory=dict)
    #: The names of the images of each prompt that is to be drawn.
    members: dict[str, list[str]] = field(default_factory=dict)
    prompts: dict[str, _Unit] = field(default_factory=dict)


def _sort_out(new: Mapping[str, NewImage], held: Mapping[str, Sides], share: float) -> _SortedOut:
    given: dict[str, set[Split]] = {}
    for image in new.values():
        given.setdefault(image.prompt, set()).update([image.side] if image.side else [])
    alone = share > 0 and len(held.keys() | given.keys()) == 1
    found = _SortedOut()
    for name, image in new.items():
        own = set(held.get(image.prompt, ()))
        sides = own or given[image.prompt]
        if image.side and image.side in sides:
            found.placed[name] = image.side
        elif alone or len(sides) > 1:
            found.images[name] = _Unit((image.generator,), 1)
        elif sides:
            found.placed[name] = next(iter(sides))
        else:
            found.members.setdefault(image.prompt, []).append(name)
    for prompt, names in found.members.items():
        generators = {new[name].generator for name in names}
        found.prompts[prompt] = _Unit(tuple(sorted(generators)), len(names))
    return found


def _empty_sides(held: Mapping[str, Sides], placed: Mapping[str, Split]) -> frozenset[Split]:
    on = Counter(placed.values())
    for sides in held.values():
        on.update(sides)
    return frozenset(side for side in Split if not on[side])


def _size(new: Mapping[str, NewImage], held: Mapping[str, Sides]) -> int:
    return len(new) + sum(sum(sides.values()) for sides in held.values())


@dataclass(frozen=True)
class _Drawing:
    """One draw. `empty`: the sides that nothing is on yet; `total`: all images of the study."""

    share: float
    seed: int
    empty: frozenset[Split]
    total: int

    def held_out(self, units: Mapping[str, _Unit]) -> frozenset[str]:
        number = len(units)
        if not self.share or (number == 1 and len(self.empty) == 2):
            # Of one image nothing is left to learn from if it is held out.
            return frozenset()
        rng = self._random(units)
        if Split.HOLDOUT in self.empty and 0 < number * self.share < 1:
            return frozenset({_closest(units, self.share * self.total, rng)})
        if Split.POOL in self.empty and 0 < number * (1 - self.share) < 1:
            return frozenset(units) - {_closest(units, (1 - self.share) * self.total, rng)}
        return _systematic_sample(_in_strata(units, rng), self.share, rng)

    def _random(self, names: Iterable[str]) -> random.Random:
        digest = hashlib.sha256("\0".join(sorted(names)).encode()).hexdigest()
        return random.Random(f"{self.seed}:{digest}")  # noqa: S311 -- a reproducible draw, not a secret


def _in_strata(units: Mapping[str, _Unit], rng: random.Random) -> list[str]:
    """All units, by their generators, in random order within each set of these."""
    strata: dict[tuple[str, ...], list[str]] = {}
    for name in sorted(units):
        strata.setdefault(units[name].generators, []).append(name)
    order = []
    for stratum in sorted(strata):
        rng.shuffle(strata[stratum])
        order += strata[stratum]
    return order


def _closest(units: Mapping[str, _Unit], wanted: float, rng: random.Random) -> str:
    """The unit whose number of images comes closest to `wanted`; of several, any."""
    order = sorted(units)
    rng.shuffle(order)
    return min(order, key=lambda name: abs(units[name].images - wanted))


def _systematic_sample(order: Sequence[str], share: float, rng: random.Random) -> frozenset[str]:
    start = rng.random()
    # A unit is taken where the running sum of shares passes a whole number.
    return frozenset(
        name
        for place, name in enumerate(order)
        if math.floor(start + (place + 1) * share) > math.floor(start + place * share)
    )
