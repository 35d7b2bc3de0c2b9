"""A sheet of small pictures, one of each state that a sweep looks at, for people to look at.

Made if MINT_PICTURES names a folder (`make screenshots`), otherwise not.
"""

import io
import os
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page

_COLUMNS, _WIDTH, _HEIGHT, _GAP, _CAPTION = 3, 456, 300, 12, 22
_PAPER, _INK = (236, 238, 240), (30, 32, 36)


class Album:
    """Pictures of one sweep."""

    def __init__(self, name: str) -> None:
        folder = os.environ.get("MINT_PICTURES")
        self._path = Path(folder) / f"{name}.png" if folder else None
        self._pictures: list[tuple[str, Image.Image]] = []

    def take(self, page: Page, state: str) -> None:
        """The window as it is."""
        if self._path is None:
            return
        data = page.screenshot(animations="disabled")
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        picture.thumbnail((_WIDTH, _HEIGHT), Image.Resampling.LANCZOS)
        self._pictures.append((state, picture))

    def close(self) -> None:
        """Writes the sheet."""
        if self._path is None:
            return
        rows = -(-len(self._pictures) // _COLUMNS)
        cell = (_WIDTH + _GAP, _HEIGHT + _CAPTION + _GAP)
        sheet = Image.new("RGB", (_GAP + _COLUMNS * cell[0], _GAP + rows * cell[1]), _PAPER)
        draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=14)
        for number, (state, picture) in enumerate(self._pictures):
            left = _GAP + number % _COLUMNS * cell[0]
            top = _GAP + number // _COLUMNS * cell[1]
            draw.text((left, top), state, _INK, font)
            sheet.paste(picture, (left, top + _CAPTION))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        sheet.quantize(128).save(self._path, optimize=True)
