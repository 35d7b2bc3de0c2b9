"""Pixels that a process decodes at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from workbench.core.pixels import IN_FLIGHT, PixelBudget


def most_at_once(budget: PixelBudget, sizes: list[int]) -> int:
    """The largest sum of pixels that eight threads held together."""
    lock, held, most = threading.Lock(), 0, 0

    def work(pixels: int) -> None:
        nonlocal held, most
        with budget.hold(pixels):
            with lock:
                held += pixels
                most = max(most, held)
            threading.Event().wait(0.01)
            with lock:
                held -= pixels

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, sizes))
    return most


def test_images_together_stay_within_the_budget() -> None:
    assert 60 < most_at_once(PixelBudget(100), [20] * 40) <= 100


def test_an_image_beyond_the_budget_goes_alone() -> None:
    assert most_at_once(PixelBudget(100), [150, 10, 150, 10, 150, 10]) == 150


def test_an_error_gives_its_pixels_back() -> None:
    budget = PixelBudget(100)
    for _again in range(3):
        with pytest.raises(ValueError, match="odd"), budget.hold(100):
            raise ValueError("odd")
    assert most_at_once(budget, [100]) == 100


def test_a_process_holds_one_of_the_largest_images() -> None:
    assert IN_FLIGHT.most == 8192 * 8192
