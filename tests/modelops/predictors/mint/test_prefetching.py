"""Results in order, and never more of them begun than asked for."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from modelops.predictors.mint.engine import ahead_of


def test_results_come_in_order_and_all() -> None:
    with ThreadPoolExecutor(3) as pool:
        assert list(ahead_of(pool, lambda n: n * n, range(20), 4)) == [n * n for n in range(20)]


def test_no_more_is_begun_than_the_bound() -> None:
    begun: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        results = ahead_of(pool, begun.append, range(100), 3)
        next(results)
        pool.submit(lambda: None).result()  # all that was asked for is done
        # Three at first, and one more when the first was taken.
        assert begun == [0, 1, 2, 3]
        results.close()


def test_work_continues_while_a_result_is_used() -> None:
    other = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        results = ahead_of(pool, lambda n: other.set() if n else None, range(2), 2)
        next(results)
        assert other.wait(5)


def test_what_the_work_raises_is_raised_in_its_place() -> None:
    with ThreadPoolExecutor(2) as pool:
        results = ahead_of(pool, lambda n: 1 // n, [1, 0, 1], 3)
        assert next(results) == 1
        with pytest.raises(ZeroDivisionError):
            next(results)
