"""Few draws behind intervals: what tests work out by hand does not depend on them."""

import pytest

from annotation.opinion.panel import selectors
from annotation.opinion.panel.figures import Resampling


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "RESAMPLING", Resampling(draws=20, splits=20))
