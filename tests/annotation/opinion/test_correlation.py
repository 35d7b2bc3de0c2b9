"""Grouped correlations; scipy, one group at a time, is the peer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from annotation.opinion.correlation import grouped_pearson, grouped_ranks, pooled_pearson

#: (group, x, y)
ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 4)), max_size=40)


@given(ROWS)
def test_each_group_has_scipys_pearson(rows: list[tuple[int, int, int]]) -> None:
    groups, x, y = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    found = grouped_pearson(x.astype(float), y.astype(float), groups, 5)
    for group in range(5):
        own, other = x[groups == group], y[groups == group]
        if own.size < 3 or np.ptp(own) == 0 or np.ptp(other) == 0:
            assert np.isnan(found[group])
        else:
            assert found[group] == pytest.approx(stats.pearsonr(own, other).statistic)


@given(ROWS)
def test_ranks_are_scipys_within_each_group(rows: list[tuple[int, int, int]]) -> None:
    groups, x, _ = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    found = grouped_ranks(x.astype(float), groups)
    for group in range(4):
        assert found[groups == group].tolist() == stats.rankdata(x[groups == group]).tolist()


def test_pooling_leaves_out_what_groups_differ_by() -> None:
    # One group is low and one high, so a plain r is (4 + 1 + 2 + 2)/10. Within the groups
    # dx = −½, ½, −½, ½ and dy = −½, ½, ½, −½: products ¼ + ¼ − ¼ − ¼ = 0.
    x = np.array([0.0, 1, 3, 4])
    y = np.array([0.0, 1, 4, 3])
    assert np.corrcoef(x, y)[0, 1] == pytest.approx(0.9)
    assert pooled_pearson(x, y, np.array([0, 0, 1, 1]), 2) == pytest.approx(0)


def test_each_group_that_is_pooled_costs_a_pair() -> None:
    x, y = np.array([0.0, 1, 2]), np.array([0.0, 2, 1])
    assert pooled_pearson(x, y, np.array([0, 0, 0]), 2) == pytest.approx(0.5)
    assert pooled_pearson(x, y, np.array([0, 0, 1]), 2) is None


def test_nothing_correlates_with_nothing() -> None:
    none = np.empty(0)
    assert pooled_pearson(none, none, none.astype(np.int64), 2) is None
    assert grouped_ranks(none, none.astype(np.int64)).size == 0
