"""Pooled embeddings of stimuli: from the cache, or from their images as files on this machine."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from annotation.models import Stimulus

from ..learning.shards import EmbeddingCache, Key
from ..registry.artifacts import refused_when_full
from . import float8
from .base import Embedder, Float8Able
from .devices import arithmetic, device

#: Images decoded and embedded between two writes to the cache: seconds or minutes of a processor's
#: work, a second of a GPU's.
PORTIONS = {"cpu": 64, "cuda": 1024}

Progress = Callable[[int, int], None]


@dataclass
class Embedded:
    """Vectors (D,) by stimulus, and the stimuli whose image cannot be read, or
    of which the backbone computes nothing that is finite."""

    vectors: dict[int, NDArray[np.floating]] = field(default_factory=dict)
    problems: list[dict[str, object]] = field(default_factory=list)

    def matrix(self, stimuli: Sequence[int]) -> NDArray[np.float64]:
        """(len(stimuli), D); no rows for no stimuli, as of a pool that is rated in full."""
        width = len(next(iter(self.vectors.values()), ()))
        rows = [self.vectors[pk] for pk in stimuli]
        return np.array(rows, dtype=np.float64).reshape(len(rows), width)


class StimulusEmbedder:
    """Embeds stimuli with one backbone, which is loaded only when an image needs it."""

    def __init__(self, backbone_sha256: str, load: Callable[[], Embedder]) -> None:
        self._backbone_sha256 = backbone_sha256
        self._load = load

    @property
    def cache(self) -> EmbeddingCache:
        return kept_embeddings(self._backbone_sha256)

    @cached_property
    def backbone(self) -> Embedder:
        return float8.settled(self._load(), self._backbone_sha256)

    def embed(self, stimuli: Sequence[Stimulus], progress: Progress | None = None) -> Embedded:
        """Embeddings of `stimuli` (with their prompts loaded).

        An image that cannot be read becomes a problem and the rest continues. What was embedded is
        kept in the cache portion by portion. Raises ArtifactError if the disk is full.
        """
        result = Embedded()
        known, unknown = self._known(stimuli)
        if float8.wanted() and self._checked_float8(unknown):
            known, unknown = self._known(stimuli)
        done = len(stimuli) - len(unknown)
        while unknown:
            portion, unknown = self._portion(unknown)
            known |= self._embed_images(portion, result)
            done += len(portion)
            if progress is not None:
                progress(done, len(stimuli))
        for stimulus in stimuli:
            if _key(stimulus) in known:
                result.vectors[stimulus.pk] = known[_key(stimulus)]
        return result

    def _known(
        self, stimuli: Sequence[Stimulus]
    ) -> tuple[dict[Key, NDArray[np.floating]], list[Stimulus]]:
        """What the cache holds, and the stimuli that it does not."""
        kept = self.cache.get_many([_key(stimulus) for stimulus in stimuli])
        # A build that did not look may have kept others.
        known = {key: vector for key, vector in kept.items() if np.isfinite(vector).all()}
        return known, [stimulus for stimulus in stimuli if _key(stimulus) not in known]

    def _checked_float8(self, unknown: Sequence[Stimulus]) -> bool:
        """Whether a check on these was made and passed, so that another cache holds now."""
        sha256 = self._backbone_sha256
        if not unknown or float8.kept(sha256) is not None or not float8.supported():
            return False
        backbone = self.backbone
        if not isinstance(backbone, Float8Able):
            return False
        with image_files(unknown[: float8.MOST]) as paths:
            prompts = [item.prompt.text for item in unknown[: float8.MOST]]
            verdict = backbone.check_float8(paths, prompts)
        if verdict is None:
            return False
        float8.keep(sha256, verdict)
        float8.settled(backbone, sha256)
        return verdict.passed

    def _portion(self, stimuli: list[Stimulus]) -> tuple[list[Stimulus], list[Stimulus]]:
        """The next portion to embed, and the rest."""
        size = PORTIONS["cpu" if device() == "cpu" else "cuda"]
        return stimuli[:size], stimuli[size:]

    def _embed_images(
        self, stimuli: Sequence[Stimulus], result: Embedded
    ) -> dict[Key, NDArray[np.floating]]:
        with image_files(stimuli) as paths:
            found = self.backbone.embed(paths, [item.prompt.text for item in stimuli])
        for row, error in found.errors.items():
            result.problems.append(unreadable(stimuli[row], paths[row], error))
        finite = np.isfinite(found.values.sum(axis=1))
        vectors: dict[Key, NDArray[np.floating]] = {}
        for row, item in enumerate(stimuli):
            if row in found.errors:
                continue
            if finite[row]:
                vectors[_key(item)] = found.values[row]
            else:
                result.problems.append(_not_finite(item))
        with refused_when_full():
            self.cache.put_many(vectors)
        return vectors


def kept_embeddings(backbone_sha256: str) -> EmbeddingCache:
    """What a backbone has embedded, with this process's arithmetic."""
    return _opened(settings.DATA_DIR / "cache" / "pooled", cache_name(backbone_sha256))


def cache_name(backbone_sha256: str) -> str:
    """Names the numbers that this process computes with a backbone: its own, and its arithmetic."""
    how = "fp8" if float8.used(backbone_sha256) else arithmetic()
    return backbone_sha256 if how == "float32" else f"{backbone_sha256}-{how}"


@lru_cache(maxsize=2)
def _opened(folder: Path, name: str) -> EmbeddingCache:
    # Kept: to open one reads all its files and compares their checksums.
    return EmbeddingCache(folder, name)


@contextmanager
def image_files(stimuli: Sequence[Stimulus]) -> Iterator[list[Path]]:
    """The pictures as files on this machine: in their place, or fetched for the block's duration.

    A path may not exist: reading it then says so, image by image.
    """
    if isinstance(default_storage, FileSystemStorage):
        yield [Path(stimulus.picture.path) for stimulus in stimuli]
        return
    with tempfile.TemporaryDirectory(prefix="mint-images-") as folder:
        paths = [Path(folder) / f"{stimulus.pk}.png" for stimulus in stimuli]
        for path, stimulus in zip(paths, stimuli, strict=True):
            _fetch(stimulus, path)
        yield paths


def unreadable(stimulus: Stimulus, path: Path, error: Exception) -> dict[str, object]:
    """Which image cannot be read and why, under the name that people know it by."""
    return {
        "stimulus": stimulus.pk,
        "filename": stimulus.filename,
        "error": str(error).replace(str(path), stimulus.filename),
    }


def _not_finite(stimulus: Stimulus) -> dict[str, object]:
    """Weights that are damaged, or too large for the precision: nothing can be learnt from it."""
    error = _(
        "%(filename)s: the backbone computes numbers from it that are not finite; ask an "
        "administrator of this site to set MODEL_PRECISION to float32, or use another backbone"
    )
    return {
        "stimulus": stimulus.pk,
        "filename": stimulus.filename,
        "error": error % {"filename": stimulus.filename},
    }


def _fetch(stimulus: Stimulus, path: Path) -> None:
    try:
        with stimulus.picture.open("rb") as file:
            path.write_bytes(file.read())
    except FileNotFoundError:
        return


def _key(stimulus: Stimulus) -> Key:
    return stimulus.picture_sha256, stimulus.prompt.text_sha256


def kept_rows(
    backbone_sha256: str, keys: Sequence[int]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Places (N,) within `keys` of the images whose embedding this machine keeps, and those
    embeddings (N, D), without the backbone.

    An image that was deleted, could not be read or was embedded on another machine has none.
    """
    stimuli = Stimulus.objects.select_related("prompt").in_bulk(keys)
    names = {place: _key(stimuli[key]) for place, key in enumerate(keys) if key in stimuli}
    vectors = kept_embeddings(backbone_sha256).get_many(list(names.values()))
    places = [place for place, name in names.items() if name in vectors]
    width = len(next(iter(vectors.values()), ()))
    rows = np.array([vectors[names[place]] for place in places], np.float64)
    return np.array(places, np.intp), rows.reshape(len(places), width)
