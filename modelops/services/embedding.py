"""Pooled embeddings of stimuli: from the cache, or from their images."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from numpy.typing import NDArray

from annotation.models import Stimulus

from ..learning.embeddings import EmbeddingCache, Key
from .artifacts import refused_when_full

if TYPE_CHECKING:
    from ..mint import LoadedModel

#: Images decoded and embedded between two writes to the cache.
PORTION = 64

Progress = Callable[[int, int], None]


@dataclass
class Embedded:
    """Vectors (D,) by stimulus, and the stimuli whose image cannot be read."""

    vectors: dict[int, NDArray[np.floating]] = field(default_factory=dict)
    problems: list[dict[str, object]] = field(default_factory=list)

    def matrix(self, stimuli: Sequence[int]) -> NDArray[np.float64]:
        """(len(stimuli), D)."""
        return np.stack([self.vectors[pk] for pk in stimuli]).astype(np.float64)


class Embedder:
    """Embeds stimuli with one backbone, whose model is loaded only when an image needs it."""

    def __init__(self, backbone_sha256: str, load: "Callable[[], LoadedModel]") -> None:
        self.cache = EmbeddingCache(settings.DATA_DIR / "cache" / "embeddings", backbone_sha256)
        self._load = load

    def embed(self, stimuli: Sequence[Stimulus], progress: Progress | None = None) -> Embedded:
        """Embeddings of `stimuli` (with their prompts loaded).

        An image that cannot be read becomes a problem and the rest goes on. What was embedded is
        kept in the cache portion by portion. Raises ArtifactError where the disk is full.
        """
        result = Embedded()
        for start in range(0, len(stimuli), PORTION):
            self._embed_portion(stimuli[start : start + PORTION], result)
            if progress is not None:
                progress(min(start + PORTION, len(stimuli)), len(stimuli))
        return result

    def _embed_portion(self, stimuli: Sequence[Stimulus], result: Embedded) -> None:
        known = self.cache.get_many([_key(stimulus) for stimulus in stimuli])
        unknown = [stimulus for stimulus in stimuli if _key(stimulus) not in known]
        if unknown:
            known |= self._embed_images(unknown, result)
        for stimulus in stimuli:
            if _key(stimulus) in known:
                result.vectors[stimulus.pk] = known[_key(stimulus)]

    def _embed_images(
        self, stimuli: Sequence[Stimulus], result: Embedded
    ) -> dict[Key, NDArray[np.floating]]:
        from ..mint import embed_batches

        with image_files(stimuli) as paths:
            found = embed_batches(
                self._load(),
                [(path, item.prompt.text) for path, item in zip(paths, stimuli, strict=True)],
            )
        for row, error in found.errors.items():
            result.problems.append(unreadable(stimuli[row], paths[row], error))
        vectors: dict[Key, NDArray[np.floating]] = {
            _key(item): found.values[row]
            for row, item in enumerate(stimuli)
            if row not in found.errors
        }
        with refused_when_full():
            self.cache.put_many(vectors)
        return vectors


def unreadable(stimulus: Stimulus, path: Path, error: Exception) -> dict[str, object]:
    """Which image cannot be read and why, under the name that people know it by."""
    return {
        "stimulus": stimulus.pk,
        "filename": stimulus.filename,
        "error": str(error).replace(str(path), stimulus.filename),
    }


@contextmanager
def image_files(stimuli: Sequence[Stimulus]) -> Iterator[list[Path]]:
    """The images as files of this machine: where they are, or fetched for the block's duration.

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


def _fetch(stimulus: Stimulus, path: Path) -> None:
    try:
        with stimulus.image.open("rb") as file:
            path.write_bytes(file.read())
    except FileNotFoundError:
        return


def use_processor_cores() -> None:
    """As many torch threads as this process has cores for; more only fight each other."""
    import torch

    torch.set_num_threads(len(os.sched_getaffinity(0)))


def _key(stimulus: Stimulus) -> Key:
    return stimulus.sha256, stimulus.prompt.text_sha256
