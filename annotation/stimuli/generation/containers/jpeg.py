"""JPEG: EXIF, XMP with its extension, Content Credentials and the comment."""

from typing import BinaryIO

from ..limits import MOST_BYTES, MOST_PIECES
from .parts import Parts, read_exactly, read_piece

SIGNATURE = b"\xff\xd8"
_APP1, _APP11, _COMMENT, _SCAN, _END = 0xE1, 0xEB, 0xFE, 0xDA, 0xD9
#: Markers without a length: TEM and the restarts.
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
_EXIF = b"Exif\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
#: After its name: a digest of 32 digits, the whole length, this piece's place in it.
_MORE_XMP_HEAD = len(_MORE_XMP) + 40


def read_jpeg(stream: BinaryIO, parts: Parts) -> None:
    """Fill `parts` from a stream that stands after the start marker."""
    collected = _Collected(parts)
    for _piece in range(MOST_PIECES):
        marker = _next_marker(stream)
        if marker is None or marker in (_SCAN, _END):
            break
        if marker in _BARE:
            continue
        length = int.from_bytes(read_exactly(stream, 2) or b"")
        if length < 2:
            parts.damaged = True
            break
        if marker in (_APP1, _APP11, _COMMENT):
            collected.take(marker, read_piece(stream, length - 2, parts))
        else:
            stream.seek(length - 2, 1)
    collected.finish()


def _next_marker(stream: BinaryIO) -> int | None:
    """The marker's second byte; fill bytes before it are skipped. None at anything else."""
    if stream.read(1) != b"\xff":
        return None
    for _fill in range(MOST_PIECES):
        code = stream.read(1)
        if code != b"\xff":
            return code[0] if code else None
    return None


class _Collected:
    """Segments that belong together."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.more_xmp: dict[int, bytes] = {}
        self.boxes: dict[tuple[int, int], bytes] = {}
        self.left = MOST_BYTES

    def take(self, marker: int, data: bytes) -> None:
        if marker == _COMMENT:
            self.parts.add_text("JPEG comment", data)
        elif marker == _APP11:
            self._box(data)
        elif data.startswith(_EXIF):
            self.parts.add_exif(data[6:])
        elif data.startswith(_XMP):
            self.parts.add_xmp(data[len(_XMP) :])
        elif data.startswith(_MORE_XMP) and self._fits(data):
            place = int.from_bytes(data[_MORE_XMP_HEAD - 4 : _MORE_XMP_HEAD])
            self.more_xmp[place] = data[_MORE_XMP_HEAD:]

    def _box(self, data: bytes) -> None:
        """ISO/IEC 19566-5, D.2: "JP", box number, sequence number, then a piece of the box, each
        with the box's own header."""
        if data[:2] == b"JP" and len(data) > 16 and self._fits(data):
            number, sequence = int.from_bytes(data[2:4]), int.from_bytes(data[4:8])
            self.boxes[number, sequence] = data[8:]

    def _fits(self, data: bytes) -> bool:
        self.left -= len(data)
        if self.left < 0:
            self.parts.damaged = True
        return self.left >= 0

    def finish(self) -> None:
        if self.more_xmp:
            self.parts.add_xmp(b"".join(self.more_xmp[place] for place in sorted(self.more_xmp)))
        for number in sorted({number for number, _sequence in self.boxes}):
            pieces = [self.boxes[key] for key in sorted(self.boxes) if key[0] == number]
            if pieces[0][4:8] == b"jumb":
                self.parts.add_credentials(
                    b"".join([pieces[0], *(part[8:] for part in pieces[1:])])
                )
