"""Drawing the hold-out of an import, before anything is acquired (docs/decisions/008), and what the
import says of it."""

from collections.abc import Collection, Iterator, Sequence

from workbench.core.texts import gettext_noop

from ...models import Stimulus, Study
from ...protocol.split import Draw, NewImage, Split, Tally, draw_holdout
from ..holdout import sides_of
from ..importing.remarks import Remark
from .checks import CheckedRow

_PROMPTS = gettext_noop(
    "Hold-out: %(held_out)d of %(drawn)d new prompts were held out, at random. All images of a "
    "prompt are on one side, however it is spelled."
)
_IMAGES = gettext_noop(
    "Hold-out: %(held_out)d of %(drawn)d new images were held out one by one, at random, because "
    "their prompt is the only one or is on both sides already."
)
#: Of a single prompt or image: held out, or not.
_ONE_PROMPT = (
    gettext_noop("Hold-out: the new prompt is held out, with all its images."),
    gettext_noop("Hold-out: the new prompt is not held out, nor is any of its images."),
)
_ONE_IMAGE = (
    gettext_noop(
        "Hold-out: the new image is held out. It was drawn by itself, because its prompt is the "
        "only one or is on both sides already."
    ),
    gettext_noop(
        "Hold-out: the new image is not held out. It was drawn by itself, because its prompt is "
        "the only one or is on both sides already."
    ),
)
_KEPT = gettext_noop("Hold-out: %(number)d images are on the side that the manifest names.")
_OVERRULED = gettext_noop(
    "Hold-out: %(number)d images are not on the side that the manifest names, because their prompt "
    "is on the other one in this study. To have the same sides, import into a new study."
)
_SPELLINGS = gettext_noop(
    "Prompts: %(texts)d texts are %(prompts)d prompts. Texts that differ only in case, white "
    "space, composition or closing punctuation count as one prompt; each is kept as it is written."
)
_NAMES = gettext_noop(
    "Generators: %(names)d names are %(generators)d generators. Names that differ only in case, "
    "white space or composition count as one generator, under its first name."
)


def draw_splits(
    *, study: Study, rows: Sequence[CheckedRow], purpose: str
) -> tuple[dict[str, str], list[Remark]]:
    """The side of each new image, by its filename, and what is to be said of it.

    rows: the new images; purpose: of those that name none. Only main images are drawn: a practice
    or gold image joins its prompt if that is on one side, and is never held out by itself.
    """
    held = sides_of(study)
    main = [item for item in rows if (item.row.purpose or purpose) == Stimulus.Purpose.MAIN]
    new = {
        item.row.filename: NewImage(item.prompt_group, item.generator_group, item.row.split)
        for item in main
    }
    draw = draw_holdout(new, held, study.holdout_share, study.seed)
    sides = {prompt: set(of_prompt) for prompt, of_prompt in held.items()}
    for name, image in new.items():
        sides.setdefault(image.prompt, set()).add(draw.splits[name])
    joining = {
        item.row.filename: _joined(sides.get(item.prompt_group, set()), item.row.split)
        for item in rows
        if item.row.filename not in new
    }
    return {**draw.splits, **joining}, [*_said(draw, list(new.values())), *_spellings(rows)]


def _joined(sides: set[Split], named: Split | None) -> str:
    return named or (Split.HOLDOUT if sides == {Split.HOLDOUT} else Split.POOL)


def _said(draw: Draw, new: Collection[NewImage]) -> Iterator[Remark]:
    yield from _drawn(_PROMPTS, _ONE_PROMPT, draw.prompts)
    yield from _drawn(_IMAGES, _ONE_IMAGE, draw.images)
    kept = sum(image.side is not None for image in new) - draw.overruled
    for template, number in ((_KEPT, kept), (_OVERRULED, draw.overruled)):
        if number:
            yield Remark(template, {"number": number})


def _drawn(several: str, one: tuple[str, str], tally: Tally) -> Iterator[Remark]:
    if tally.drawn == 1:
        yield Remark(one[0] if tally.held_out else one[1])
    elif tally.drawn:
        yield Remark(several, {"held_out": tally.held_out, "drawn": tally.drawn})


def _spellings(rows: Sequence[CheckedRow]) -> Iterator[Remark]:
    texts, prompts = {it.prompt_sha256 for it in rows}, {it.prompt_group for it in rows}
    if len(texts) > len(prompts):
        yield Remark(_SPELLINGS, {"texts": len(texts), "prompts": len(prompts)})
    names, generators = {it.row.generator for it in rows}, {it.generator_group for it in rows}
    if len(names) > len(generators):
        yield Remark(_NAMES, {"names": len(names), "generators": len(generators)})
