"""Images as a model in training sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ..preprocessing import images_to_batch


@dataclass(frozen=True)
class ImageFiles:
    """Reads the images of a batch from their files; a value, so that it can be sent to another
    process."""

    paths: Sequence[Path]
    size: int

    def __call__(self, rows: Sequence[int]) -> Tensor:
        """(len(rows), 3, size, size), normalised. Raises UnreadableImageError naming the file."""
        return images_to_batch([self.paths[row] for row in rows], self.size)
