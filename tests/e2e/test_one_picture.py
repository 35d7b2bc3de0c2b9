"""What a rater sees and the model reads of a file is what Chromium shows of it."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page

from annotation.stimuli.importing.images import check_image, picture_in
from tests.annotation.stimuli.pictures import every_kind
from tests.shared_data import require_shared

PAGE = "<style>body { margin: 0; background: #fff } img { display: block }</style><img>"
LOAD = """async (address) => {
  const image = document.querySelector("img");
  image.src = address;
  await image.decode();
}"""


@pytest.fixture
def blank(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 700, "height": 700}, device_scale_factor=1)
    page = context.new_page()
    page.set_content(PAGE)
    yield page
    context.close()


def shown(page: Page, name: str, data: bytes) -> NDArray[np.int64]:
    kind = "jpeg" if name.split(maxsplit=1)[0] == "jpg" else name.split(maxsplit=1)[0]
    page.evaluate(LOAD, f"data:image/{kind};base64,{base64.b64encode(data).decode()}")
    return pixels(page.locator("img").screenshot())


def pixels(data: bytes) -> NDArray[np.int64]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB")).astype(np.int64)


def test_a_rater_sees_and_the_model_reads_what_chromium_shows(blank: Page) -> None:
    differ = {}
    for name, data in every_kind().items():
        expected = shown(blank, name, data)
        copy, read = pixels(check_image(name, data).display.data), np.asarray(picture_in("", data))
        if copy.shape != expected.shape or np.abs(copy - expected).max() > 2:
            differ[name] = (copy.shape, expected.shape, int(np.abs(copy - expected).max()))
        assert np.array_equal(copy, read), name
    assert differ == {}


def test_the_shared_cases_are_shown_as_chromium_shows_them(blank: Page) -> None:
    for path in sorted(require_shared("cases/01-rater-and-model").glob("*.[jp]*g")):
        expected = shown(blank, path.suffix[1:], Path(path).read_bytes())
        copy = pixels(check_image(path.name, path.read_bytes()).display.data)
        assert np.abs(copy - expected).max() <= 2, path.name
