"""Others' programs that read our files, and ask for older libraries than the pins.

`make setup-dev` puts them into `.venv/readers` (requirements/readers.txt). Where they are absent
the tests that need them are skipped and say so; under CI=true their absence is a failure.
"""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import pytest

#: Looked at last, so that it hides no library of the workbench's.
FOLDER = Path(sys.prefix) / "readers"


def require_reader(module: str) -> Any:
    """The module of that name; skips (or fails in CI) if it is not installed."""
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        _absent(str(error))


def reader_file(path: str) -> Path:
    """A file of theirs, such as a schema; skips (or fails in CI) likewise."""
    if not (FOLDER / path).exists():
        _absent(f"No {path}")
    return FOLDER / path


def _absent(what: str) -> NoReturn:
    reason = f"{what} in {FOLDER}; make setup-dev installs it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
