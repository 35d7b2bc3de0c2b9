"""Images of stimuli as the inputs of a model, those aside that cannot be read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotation.models import Stimulus

from .embedding import image_files, unreadable

if TYPE_CHECKING:
    from ..mint import MintIQAProcessor, ModelInputs

#: Images decoded at once.
PORTION = 32


@dataclass(frozen=True)
class Decoded:
    """`rows`: places of the images in `inputs`, among those that were given; `problems`: why the
    others are not there. `inputs` is None where none could be read."""

    rows: list[int]
    inputs: "ModelInputs | None"
    problems: list[dict[str, object]]


def decode_portions(
    processor: "MintIQAProcessor", stimuli: Sequence[Stimulus]
) -> Iterator[Decoded]:
    """`stimuli` (with their prompts loaded), PORTION by PORTION."""
    for start in range(0, len(stimuli), PORTION):
        yield _decode(processor, stimuli, range(start, min(start + PORTION, len(stimuli))))


def _decode(processor: "MintIQAProcessor", stimuli: Sequence[Stimulus], places: range) -> Decoded:
    import torch

    from ..mint import ModelInputs, UnreadableImageError, image_to_pixels, normalise

    rows, pixels, problems = [], [], []
    portion = [stimuli[place] for place in places]
    with image_files(portion) as paths:
        for place, path, stimulus in zip(places, paths, portion, strict=True):
            try:
                pixels.append(image_to_pixels(path, processor.image_size))
                rows.append(place)
            except UnreadableImageError as error:
                problems.append(unreadable(stimulus, path, error))
    if not rows:
        return Decoded([], None, problems)
    tokens = processor.tokenizer([stimuli[row].prompt.text for row in rows])
    return Decoded(rows, ModelInputs(normalise(torch.stack(pixels)), *tokens), problems)
