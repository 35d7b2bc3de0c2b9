"""One image's reading: `read` never raises, whatever the bytes, and remembers nothing."""

import io
import zlib
from pathlib import Path, PurePath
from typing import BinaryIO

from . import notes
from .containers.hidden import hidden_text
from .containers.opening import records_of
from .reading import Reading
from .records import Records
from .registry import GRAPH, READERS, Reader
from .tools.credentials import read_credentials
from .tools.iptc import read_iptc

#: What a record of an unforeseen shape can bring about. It is then no record of that tool.
_UNFORESEEN = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RecursionError,
    OSError,
    zlib.error,
)


def read_path(path: Path) -> Reading | None:
    """As `read`, of a file; a reading with a note if it cannot be opened."""
    try:
        with path.open("rb") as stream:
            return read(stream, path.name)
    except OSError:
        return Reading(notes=(notes.UNREADABLE,))


def read_bytes(data: bytes, name: str = "") -> Reading | None:
    return read(io.BytesIO(data), name)


def read(stream: BinaryIO, name: str = "") -> Reading | None:
    """What the tool wrote into the image in `stream`; None if it is no PNG, JPEG, WebP or AVIF.

    stream: can be sought in; only its texts are read, not its pixels, unless it has an alpha
    channel and no record.
    name: the file's, which tells several savers of one graph apart.
    """
    try:
        records = records_of(stream, PurePath(name).name)
    except _UNFORESEEN:
        return Reading(notes=(notes.UNREADABLE,))
    if records is None:
        return None
    reading = reading_of(records)
    if not reading.tool and reading.prompt is None and records.alpha:
        hidden = _hidden(stream, records.name)
        reading = reading if hidden is None else hidden
    reading = reading.storable()
    return reading.noting(notes.DAMAGED) if records.damaged else reading


def reading_of(records: Records) -> Reading:
    """What the records say, by the first reader that knows them."""
    if records.empty:
        return Reading(notes=(notes.NO_METADATA,))
    for reader in READERS:
        reading = _asked(reader, records)
        if reading is not None:
            return _completed(reading, reader, records)
    return Reading(notes=(notes.NOTHING_KNOWN,))


def _completed(reading: Reading, reader: Reader, records: Records) -> Reading:
    """With what the graph says of fields that the record leaves open."""
    if reader is read_iptc:
        maker = _asked(read_credentials, records)
        return reading if maker is None or reading.tool else _made_by(reading, maker)
    if reader is GRAPH or reader is read_credentials:
        return reading
    graph = _asked(GRAPH, records)
    return reading if graph is None else reading.or_else(graph)


def _made_by(reading: Reading, maker: Reading) -> Reading:
    named = Reading(tool=maker.tool, notes=(*reading.notes, *maker.notes))
    return named.or_else(reading).or_else(maker)


def _hidden(stream: BinaryIO, name: str) -> Reading | None:
    """The reading of what is hidden in the alpha channel."""
    try:
        text = hidden_text(stream)
    except _UNFORESEEN:
        return None
    reading = None if text is None else reading_of(Records(name, {"parameters": text}))
    return reading if reading is not None and reading.tool else None


def _asked(reader: Reader, records: Records) -> Reading | None:
    try:
        return reader(records)
    except _UNFORESEEN:
        return None
