"""The properties of an XMP packet, as elements or as attributes, by expat without a tree."""

from contextlib import suppress
from xml.parsers import expat

_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.mflux.ai/1.0/": "mflux",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RESOURCE = f"{_RDF} resource"
_DEEPEST = 64
_MOST_PROPERTIES = 500


class _RefusedError(Exception):
    """The packet is no XMP that a camera or tool would write."""


class _Collector:
    """Handlers of one parse: the text of each property of a known namespace, of the image itself
    and not of others it was made from, which stand deeper."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.depth = 0
        self.rdf_depth = 0
        self.property = ""
        self.pieces: list[str] = []
        self.items = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _DEEPEST or len(self.found) > _MOST_PROPERTIES:
            raise _RefusedError
        if tag == f"{_RDF} RDF" and not self.rdf_depth:
            self.rdf_depth = self.depth
        elif self.property:
            self.items += tag == f"{_RDF} li"
        elif self.rdf_depth and self.depth == self.rdf_depth + 1:
            for name, value in attributes.items():
                self._add(_short(name), value)
        elif self.rdf_depth and self.depth == self.rdf_depth + 2:
            self.property, self.pieces, self.items = _short(tag), [], 0
            self._add(self.property, attributes.get(_RESOURCE, ""))

    def data(self, text: str) -> None:
        if self.property and self.items <= 1:
            self.pieces.append(text)

    def end(self, _tag: str) -> None:
        if self.property and self.depth == self.rdf_depth + 2:
            self._add(self.property, "".join(self.pieces))
            self.property = ""
        self.depth -= 1

    def refuse(self, *_declaration: object) -> None:
        """A document type may define entities that grow without end."""
        raise _RefusedError

    def _add(self, name: str, value: str) -> None:
        if name and value.strip():
            self.found.setdefault(name, value.strip())


def xmp_properties(packet: bytes) -> dict[str, str]:
    """Texts by name, such as `dc:description`, unescaped; what was read until an error."""
    collector = _Collector()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.data
    parser.StartDoctypeDeclHandler = collector.refuse
    with suppress(expat.ExpatError, _RefusedError, ValueError):
        parser.Parse(packet.strip(b"\0 \t\r\n"), True)
    return collector.found


def _short(name: str) -> str:
    namespace, _space, local = name.rpartition(" ")
    prefix = _PREFIXES.get(namespace, "")
    return f"{prefix}:{local}" if prefix else ""
