"""Rows that end in every way a row can, for `test_gpu`."""

import os
import time
from collections.abc import Iterator

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.rows import Figure, NotMeasuredError, row


@row("well", minutes=0.5)
def well(bench: Bench) -> Iterator[Figure]:
    """A row that ends well"""
    yield {"what": "one", "images_per_second": 10.0}
    yield {"what": "two", "images_per_second": 20.0, "share_of_ceiling": 0.5}


@row("raises", minutes=0.5)
def raises(bench: Bench) -> Iterator[Figure]:
    """A row that a library ends"""
    yield {"what": "before it", "p50_ms": bench.value("well", "images_per_second")}
    raise RuntimeError("no such kernel\nand a long explanation")


@row("lacks", minutes=0.5)
def lacks(bench: Bench) -> Iterator[Figure]:
    """A row that lacks something"""
    raise NotMeasuredError("this device has no such products")
    yield {}


@row("crashes", minutes=0.5)
def crashes(bench: Bench) -> Iterator[Figure]:
    """A row whose process is killed"""
    yield {"what": "before it", "seconds": 1.0}
    os.kill(os.getpid(), 9)


@row("hangs", minutes=0.02)
def hangs(bench: Bench) -> Iterator[Figure]:
    """A row that takes too long"""
    yield {"what": "before it", "seconds": 2.0}
    time.sleep(600)


@row("large", minutes=0.5, gib=80)
def large(bench: Bench) -> Iterator[Figure]:
    """A row that needs a large GPU"""
    yield {"what": "never", "seconds": 2.0}
