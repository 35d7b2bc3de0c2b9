"""The program that `decoding.Decoders` starts: reads a path as JSON from each line of its input,
writes the pixels to shared memory, and answers by a line of JSON."""

import json
import mmap
import os
import signal
import sys

import torch
from PIL import Image

from ..errors import UnreadableImageError
from .decoding import DECODED, LARGE, READY
from .preprocessing import FORMATS, try_image_to_pixels


def main(shared: int, size: int, most: int) -> None:
    """Until the input ends. shared: the memory's file descriptor; most: pixels of an image that
    may be decoded here."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks
    torch.set_num_threads(1)
    with mmap.mmap(shared, 3 * size * size) as memory:
        _answer(READY)
        for line in sys.stdin:
            _answer(_decode(json.loads(line), memory, size, most))


def _decode(path: str, memory: mmap.mmap, size: int, most: int) -> object:
    if _pixels(path) > most:
        return LARGE
    found = try_image_to_pixels(path, size)
    if isinstance(found, UnreadableImageError):
        return {"unreadable": str(found)}
    memory[:] = found.permute(1, 2, 0).contiguous().numpy().tobytes()
    return DECODED


def _pixels(path: str) -> int:
    """0 if it cannot be read, of which more is said later."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            return image.width * image.height
    except Exception:  # noqa: BLE001  # `try_image_to_pixels` names it
        return 0


def _answer(said: object) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    descriptor, side, largest = map(int, sys.argv[1:])
    main(descriptor, side, largest)
    os._exit(0)  # without unloading torch, which takes longer than all else
