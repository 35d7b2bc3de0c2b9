"""Percentiles against NumPy, a result file read back, and tables."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.results import percentile, summary, table, write


@pytest.mark.parametrize("percent", [0, 50, 95, 99, 100])
@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_percentiles_are_numpys(count: int, percent: float) -> None:
    values = np.random.default_rng(count).exponential(10, count).tolist()
    assert percentile(values, percent) == pytest.approx(np.percentile(values, percent))


def test_nothing_measured_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 50)


def test_a_rate_is_what_ended_per_second() -> None:
    found = summary([10.0, 20.0, 30.0, 40.0], seconds=2.0)
    assert found["per_second"] == 2.0  # 4 requests in 2 seconds
    assert (found["mean_ms"], found["p50_ms"]) == (25.0, 25.0)


def test_a_result_file_names_the_machine_and_no_host(tmp_path: Path) -> None:
    path = write("sample", {"levels": [1]}, busy=0.1234, folder=tmp_path)
    record = json.loads(path.read_text())
    assert record["levels"] == [1]
    assert record["cores_busy_before"] == 0.12
    assert set(record["machine"]) == {"processor", "cores", "memory_gib", "system", "python"}
    assert [found.name for found in tmp_path.iterdir()] == ["sample.json"]


def test_a_table_lines_its_figures_up() -> None:
    assert table(["what", "per s"], [["claim", 1234.56], ["rating", 7]]) == [
        "what      per s",
        "---------------",
        "claim   1,234.6",
        "rating        7",
    ]
