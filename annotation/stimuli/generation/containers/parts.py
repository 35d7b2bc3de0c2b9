"""What the container readers collect, and the bounds on it."""

from dataclasses import dataclass, field
from typing import BinaryIO

from ..decoding import plain_text
from ..limits import MOST_BYTES, MOST_TEXT_BYTES
from .tiff import exif_texts
from .xmp import xmp_properties


@dataclass
class Parts:
    """Filled while one file is walked through."""

    texts: dict[str, str] = field(default_factory=dict)
    exif: dict[int, str] = field(default_factory=dict)
    xmp: dict[str, str] = field(default_factory=dict)
    credentials: bytes = b""
    damaged: bool = False
    alpha: bool = False
    _left: int = MOST_TEXT_BYTES

    def add_text(self, keyword: str, data: bytes) -> None:
        """A text chunk; of one keyword the first counts."""
        if self._spend(len(data)) and keyword not in self.texts:
            self.texts[keyword] = plain_text(data)

    def add_exif(self, data: bytes) -> None:
        if self._spend(len(data)):
            # Some writers keep the name that it has in JPEG before the TIFF structure.
            for tag, text in exif_texts(data.removeprefix(b"Exif\0\0")).items():
                self.exif.setdefault(tag, text)

    def add_xmp(self, data: bytes) -> None:
        if self._spend(len(data)):
            for name, text in xmp_properties(data).items():
                self.xmp.setdefault(name, text)

    def add_credentials(self, data: bytes) -> None:
        if not self.credentials and self._spend(len(data)):
            self.credentials = data

    def _spend(self, size: int) -> bool:
        self._left -= size
        if self._left < 0:
            self.damaged = True
        return self._left >= 0


def read_piece(stream: BinaryIO, size: int, parts: Parts) -> bytes:
    """`size` bytes; none, noted as damage and skipped, if they are too many or not all there."""
    if size > MOST_BYTES:
        parts.damaged = True
        stream.seek(size, 1)
        return b""
    data = stream.read(size)
    if len(data) < size:
        parts.damaged = True
        return b""
    return data


def read_exactly(stream: BinaryIO, size: int) -> bytes | None:
    """The next `size` bytes; None if the file ends before."""
    data = stream.read(size)
    return data if len(data) == size else None
