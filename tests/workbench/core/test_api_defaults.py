"""The classes that the REST framework's settings name, whoever is imported first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "first",
    ["workbench.core.api", "workbench.core.api_defaults", "annotation.studies.serializers",
     "modelops.runs.api", "annotation.rating.api.views"],
)  # fmt: skip
def test_any_module_of_the_api_may_be_the_first(first: str) -> None:
    """A worker imports others before the web server's routes do."""
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); import {first}"],
        cwd=ROOT, env={**os.environ, "DJANGO_SETTINGS_MODULE": "workbench.settings"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
