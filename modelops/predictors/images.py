"""Images of stimuli: as files on this machine, and as a model's inputs, without those that cannot
be read."""

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.files.storage import FileSystemStorage, default_storage

from annotation.models import Stimulus

if TYPE_CHECKING:
    from .mint.processing import MintIQAProcessor, ModelInputs

#: Images decoded at once.
PORTION = 32


@dataclass(frozen=True)
class ReadImages:
    """`rows`: places of the images in `inputs`, among those that were given; `problems`: why the
    others are not there. `inputs` is None if none could be read."""

    rows: list[int]
    inputs: "ModelInputs | None"
    problems: list[dict[str, object]]


def read_images(processor: "MintIQAProcessor", stimuli: Sequence[Stimulus]) -> Iterator[ReadImages]:
    """`stimuli` (with their prompts loaded), PORTION by PORTION, on as many cores as torch uses."""
    import torch

    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        for start in range(0, len(stimuli), PORTION):
            places = range(start, min(start + PORTION, len(stimuli)))
            yield _read_portion(processor, stimuli, places, pool)


def unreadable_images(
    processor: "MintIQAProcessor", stimuli: Sequence[Stimulus]
) -> list[dict[str, object]]:
    """Which images cannot be read, and why."""
    return [problem for read in read_images(processor, stimuli) for problem in read.problems]


def unreadable(stimulus: Stimulus, path: Path, error: Exception) -> dict[str, object]:
    """Which image cannot be read and why, under the name that people use."""
    return {
        "stimulus": stimulus.pk,
        "filename": stimulus.filename,
        "error": str(error).replace(str(path), stimulus.filename),
    }


@contextmanager
def image_files(stimuli: Sequence[Stimulus]) -> Iterator[list[Path]]:
    """The images as files on this machine: in their place, or fetched for the block's duration.

    A path may not exist: reading it then says so, image by image.
    """
    if isinstance(default_storage, FileSystemStorage):
        yield [Path(stimulus.image.path) for stimulus in stimuli]
        return
    with tempfile.TemporaryDirectory(prefix="mint-images-") as folder:
        paths = [Path(folder) / f"{stimulus.pk}.image" for stimulus in stimuli]
        for path, stimulus in zip(paths, stimuli, strict=True):
            _fetch(stimulus, path)
        yield paths


def _read_portion(
    processor: "MintIQAProcessor",
    stimuli: Sequence[Stimulus],
    places: range,
    pool: ThreadPoolExecutor,
) -> ReadImages:
    import torch

    from .mint.errors import UnreadableImageError
    from .mint.preprocessing import normalise, try_image_to_pixels
    from .mint.processing import ModelInputs

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


def _fetch(stimulus: Stimulus, path: Path) -> None:
    try:
        with stimulus.image.open("rb") as file:
            path.write_bytes(file.read())
    except FileNotFoundError:
        return
