"""The raw records of one file, whatever its container."""

from collections.abc import Mapping
from dataclasses import dataclass, field

#: EXIF tags in which tools write.
IMAGE_DESCRIPTION, MAKE, MODEL, SOFTWARE = 0x010E, 0x010F, 0x0110, 0x0131
ARTIST, MAKER_NOTE, USER_COMMENT = 0x013B, 0x927C, 0x9286


@dataclass(frozen=True)
class Records:
    """Texts as the file holds them."""

    #: The file's own name, without folders.
    name: str = ""
    #: PNG text chunks and comments by keyword, the first of each.
    texts: Mapping[str, str] = field(default_factory=dict)
    #: EXIF tags of the first and of the Exif directory.
    exif: Mapping[int, str] = field(default_factory=dict)
    #: XMP properties, such as `dc:description`; of several languages or items the first.
    xmp: Mapping[str, str] = field(default_factory=dict)
    #: A JUMBF superbox with Content Credentials.
    credentials: bytes = b""
    #: Whether something was left out since it is damaged or too large.
    damaged: bool = False
    #: Whether the pixels have an alpha channel, in which a record may be hidden.
    alpha: bool = False

    @property
    def comment(self) -> str | None:
        """The Exif comment."""
        return self.exif.get(USER_COMMENT)

    @property
    def main_text(self) -> str | None:
        """Where most tools write: `parameters` of a PNG, the comment of any other file."""
        return self.texts.get("parameters") or self.comment or self.texts.get("JPEG comment")

    @property
    def empty(self) -> bool:
        return not (self.texts or self.exif or self.xmp or self.credentials)
