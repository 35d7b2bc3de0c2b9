"""The leaderboard's benchmark, small."""

from benchmarks.leaderboard import STUDIES, Plan, lines, measure


def test_time_and_coverage_are_told() -> None:
    plan = Plan(prompts=40, generators=3, raters=30, draws=50, worlds=6)
    found = measure(plan, lambda _line: None)
    assert [row["images"] for row in found["speed"]] == [120, 120]
    assert [row["model"] for row in found["coverage"]] == list(STUDIES)
    for row in found["coverage"]:
        assert 0.7 <= row["means"] <= 1
        assert row["width"] > 0
    assert "differences covered %" in "\n".join(lines(found))
