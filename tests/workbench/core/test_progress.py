"""Counts on a terminal and elsewhere, on a plain stream and on a management command's output."""

import io

import pytest
from django.core.management.base import OutputWrapper

from workbench.core.progress import Counter


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("wrap", [lambda stream: stream, OutputWrapper])
def test_elsewhere_every_tenth_is_a_line(wrap: type[OutputWrapper]) -> None:
    stream = io.StringIO()
    counter = Counter("rows", wrap(stream))
    for done in range(1, 41):
        counter(done, 40)
    lines = stream.getvalue().splitlines()
    assert lines[:2] == ["  rows: 1 of 40", "  rows: 4 of 40"]
    assert (len(lines), lines[-1]) == (11, "  rows: 40 of 40")


@pytest.mark.parametrize("wrap", [lambda stream: stream, OutputWrapper])
def test_on_a_terminal_one_line_is_drawn_again(wrap: type[OutputWrapper]) -> None:
    stream = Terminal()
    counter = Counter("rows", wrap(stream))
    counter(1, 2)
    counter(2, 2)
    assert stream.getvalue() == (
        f"\r  [{'#' * 15}{'.' * 15}] rows: 1 of 2\r  [{'#' * 30}] rows: 2 of 2\n"
    )


def test_nothing_to_do_is_done() -> None:
    stream = io.StringIO()
    Counter("rows", stream)(0, 0)
    assert stream.getvalue() == "  rows: 0 of 0\n"
