"""Sentences for people name no folder of the server."""

import tempfile

import pytest
from django.conf import settings

from workbench.core.api import exception_handler
from workbench.core.errors import MintError
from workbench.core.server_folders import without_folders


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("{data}/models/3/head.bin is damaged", "models/3/head.bin is damaged"),
        ("the disk of {data} is full", "the disk of … is full"),
        ("“{media}/studies/1/a.png” cannot be read", "“studies/1/a.png” cannot be read"),
        ("({temporary}/mint-import-1/a.csv)", "(mint-import-1/a.csv)"),
        # What only looks like it.
        ("https://example.org{data}/a", "https://example.org{data}/a"),
        ("/srv{data}/a", "/srv{data}/a"),
        ("no folder", "no folder"),
    ],
)
def test_what_is_below_a_folder_is_told_without_it(given: str, told: str) -> None:
    folders = {
        "data": settings.DATA_DIR,
        "media": settings.MEDIA_ROOT,
        "temporary": tempfile.gettempdir(),
    }
    assert without_folders(given.format(**folders)) == told.format(**folders)


def test_the_api_tells_errors_without_folders() -> None:
    error = MintError(f"{settings.DATA_DIR}/runs/7 is full")
    error.code = "artifact"
    answer = exception_handler(error, {})
    assert answer is not None
    assert (answer.data["detail"], answer.data["code"]) == ("runs/7 is full", "artifact")
