"""Images of stimuli as a model's inputs, without those that cannot be read."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import torch

from annotation.models import Stimulus

from ..predictors.embedding import image_files, unreadable
from ..predictors.errors import UnreadableImageError
from ..predictors.mint.preprocessing import normalise, try_image_to_pixels
from ..predictors.mint.processing import MintIQAProcessor, ModelInputs

#: Images decoded at once.
PORTION = 32


@dataclass(frozen=True)
class ReadImages:
    """`rows`: places of the images in `inputs`, among those that were given; `problems`: why the
    others are not there. `inputs` is None if none could be read."""

    rows: list[int]
    inputs: ModelInputs | None
    problems: list[dict[str, object]]


def read_images(processor: MintIQAProcessor, stimuli: Sequence[Stimulus]) -> Iterator[ReadImages]:
    """`stimuli` (with their prompts loaded), PORTION by PORTION, on as many cores as torch uses."""
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        for start in range(0, len(stimuli), PORTION):
            places = range(start, min(start + PORTION, len(stimuli)))
            yield _read_portion(processor, stimuli, places, pool)


def _read_portion(
    processor: MintIQAProcessor,
    stimuli: Sequence[Stimulus],
    places: range,
    pool: ThreadPoolExecutor,
) -> ReadImages:
    rows, pixels, problems = [], [], []
    portion = [stimuli[place] for place in places]
    with image_files(portion) as paths:
        read = partial(try_image_to_pixels, size=processor.image_size)
        for place, path, found in zip(places, paths, pool.map(read, paths), strict=True):
            if isinstance(found, UnreadableImageError):
                problems.append(unreadable(stimuli[place], path, found))
            else:
                rows.append(place)
                pixels.append(found)
    if not rows:
        return ReadImages([], None, problems)
    tokens = processor.tokenizer([stimuli[row].prompt.text for row in rows])
    return ReadImages(rows, ModelInputs(normalise(torch.stack(pixels)), *tokens), problems)
