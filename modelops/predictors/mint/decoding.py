"""Processes that decode images for a GPU: threads would take turns with what launches its kernels.

Started as programs of their own, not by `multiprocessing`, because a worker of Celery's is a
daemonic process, which may have no children of that kind. Pixels come back through memory that has
no name: whatever ends, nothing is left. Each process ends when this one does, as its input ends.
"""

import json
import logging
import mmap
import os
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any, Protocol, cast

import torch
from torch import Tensor

from workbench.core.pixels import IN_FLIGHT

from ..errors import UnreadableImageError
from .preprocessing import ImageSource, try_image_to_pixels

log = logging.getLogger(__name__)

#: What a process answers, in its first line and then for each image, if it is not why an image
#: cannot be read.
READY, DECODED, LARGE = "ready", "decoded", "large"
#: Processes that may end over one image before it is given up.
_TRIES = 2
_SECONDS_TO_END = 5.0
_COMMAND = (sys.executable, "-m", "modelops.predictors.mint.decoding_process")


class Decoding(Protocol):
    """How images become pixels."""

    def __call__(self, source: ImageSource, size: int) -> Tensor | UnreadableImageError:
        """As `try_image_to_pixels`."""


class _EndedError(Exception):
    """A process ended instead of answering."""


@dataclass
class _Decoder:
    """A running process, and the memory that it writes pixels to."""

    process: "subprocess.Popen[str]"
    memory: mmap.mmap

    @property
    def _told(self) -> IO[str]:
        return cast(IO[str], self.process.stdin)

    @property
    def _answers(self) -> IO[str]:
        return cast(IO[str], self.process.stdout)

    def ask(self, request: str) -> Any:
        """Raises _EndedError."""
        try:
            if request:
                self._told.write(request + "\n")
                self._told.flush()
            line = self._answers.readline()
        except OSError as error:
            raise _EndedError from error
        if not line.endswith("\n"):
            raise _EndedError
        return json.loads(line)

    def end_input(self) -> None:
        """It ends by itself then."""
        with suppress(OSError):  # what was not written yet, to a process that is gone
            self._told.close()

    def end(self) -> int:
        """Its exit status, once it has ended."""
        self.end_input()
        self._answers.close()
        try:
            return self.process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Decoders:
    """Up to `count` processes for images of side `size`; a `Decoding` for as many threads.

    Until they are ready, images are decoded by the thread that asks. An image that a process ends
    over is tried once more by another one; then it is an UnreadableImageError.
    """

    def __init__(self, count: int, size: int) -> None:
        self._size = size
        # All of them together hold no more pixels than one process may.
        self._most = IN_FLIGHT.most // count
        self._idle: SimpleQueue[_Decoder] = SimpleQueue()
        self._running: dict[int, _Decoder] = {}
        self._end = weakref.finalize(self, _end_all, self._running)
        for _ in range(count):
            # A second or more each, which nobody waits for.
            threading.Thread(target=self._add, daemon=True).start()

    def __call__(self, source: ImageSource, size: int) -> Tensor | UnreadableImageError:
        if not isinstance(source, str | Path) or size != self._size:
            return try_image_to_pixels(source, size)
        for _ in range(_TRIES):
            try:
                decoder = self._idle.get_nowait()
            except Empty:
                return try_image_to_pixels(source, size)
            try:
                return self._decoded(decoder, source)
            except _EndedError:
                status = self._replaced(decoder)
                log.warning("a process that decoded %s ended with %d", source, status)
        return UnreadableImageError(
            f"{source}: decoding it ended the process that tried, twice; save it again as PNG or "
            "JPEG, or end what else takes memory"
        )

    def close(self) -> None:
        """Ends the processes; images are decoded by the threads that ask from now on."""
        self._end()
        while not self._idle.empty():
            self._idle.get()

    def _decoded(self, decoder: _Decoder, source: str | Path) -> Tensor | UnreadableImageError:
        answer = decoder.ask(json.dumps(os.fspath(source)))
        if answer == DECODED:
            # Pixel by pixel, as Pillow lays them out.
            shape = (self._size, self._size, 3)
            pixels = torch.frombuffer(decoder.memory, dtype=torch.uint8).view(shape).clone()
            self._idle.put(decoder)
            return pixels.permute(2, 0, 1)
        self._idle.put(decoder)
        if answer == LARGE:
            return try_image_to_pixels(source, self._size)
        return UnreadableImageError(answer["unreadable"])

    def _add(self) -> None:
        """Starts one process more and waits until it is ready. If it cannot, so it is logged, and
        the other processes, or this one, decode."""
        try:
            decoder = _start(self._size, self._most)
        except OSError as error:
            log.warning("no process can be started to decode images: %s", error)
            return
        self._running[decoder.process.pid] = decoder
        try:
            decoder.ask("")
        except _EndedError:
            self._running.pop(decoder.process.pid, None)
            log.warning("a process that was to decode images ended with %d", decoder.end())
            return
        if self._end.alive:
            self._idle.put(decoder)
        else:
            decoder.end()

    def _replaced(self, decoder: _Decoder) -> int:
        """A new process takes the place of one that ended, whose exit status is returned."""
        self._running.pop(decoder.process.pid, None)
        status = decoder.end()
        if self._end.alive:
            self._add()
        return status


def _start(size: int, most: int) -> _Decoder:
    shared = os.memfd_create("pixels")
    try:
        os.ftruncate(shared, 3 * size * size)
        memory = mmap.mmap(shared, 3 * size * size)
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "OMP_NUM_THREADS": "1",
            "CUDA_VISIBLE_DEVICES": "",  # it must take no memory of a GPU
        }
        process = subprocess.Popen(  # noqa: S603  # our own program
            [*_COMMAND, str(shared), str(size), str(most)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(shared,),
            env=environment,
            encoding="utf-8",
            errors="surrogateescape",
        )
    finally:
        os.close(shared)
    return _Decoder(process, memory)


def _end_all(running: dict[int, _Decoder]) -> None:
    decoders = list(running.values())
    running.clear()
    for decoder in decoders:
        decoder.end_input()
    for decoder in decoders:
        decoder.end()
