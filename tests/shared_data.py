"""Reference data next to the repository: golden outputs, real labels and images.

If it is absent (a user's clone), the tests that need it are skipped and say so; under CI=true
its absence is a failure.
"""

import os
from pathlib import Path

import pytest

SHARED = Path(
    os.environ.get("MINT_SHARED", Path(__file__).resolve().parent.parent.parent / "shared")
)


def require_shared(relative: str) -> Path:
    """The path of `relative` below the shared folder; skips (or fails in CI) if it is missing."""
    path = SHARED / relative
    if path.exists():
        return path
    reason = f"reference data {relative!r} is not below {SHARED}; set MINT_SHARED to its folder"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
