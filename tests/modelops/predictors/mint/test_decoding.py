"""Images that other processes decode are those that this one would have."""

import gc
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing import process
from pathlib import Path

import numpy as np
import pytest
import torch

from modelops.predictors.errors import UnreadableImageError
from modelops.predictors.mint import decoding, decoding_process, engine
from modelops.predictors.mint.checkpoint import LoadedModel
from modelops.predictors.mint.decoding import Decoders
from modelops.predictors.mint.engine import Engine, Item
from modelops.predictors.mint.preprocessing import image_to_pixels

SIDE = 28


def ready(decoders: Decoders, count: int, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while decoders._idle.qsize() < count:
        assert time.monotonic() < until, "the processes are not ready"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    """As within a worker of Celery's, which is daemonic: `multiprocessing` could start none."""
    config = process.current_process()._config  # type: ignore[attr-defined]  # what it looks at
    config["daemon"] = True
    try:
        made = Decoders(1, SIDE)
        ready(made, 1)
    finally:
        del config["daemon"]
    yield made
    made.close()


def pid_of(decoders: Decoders) -> int:
    (pid,) = decoders._running
    return pid


def test_pixels_are_those_of_this_process(decoders: Decoders, image_files: list[Path]) -> None:
    before = pid_of(decoders)
    sources: list[str | Path] = [*image_files, str(image_files[0])]
    for source in sources:
        found = decoders(source, SIDE)
        assert isinstance(found, torch.Tensor)
        assert torch.equal(found, image_to_pixels(source, SIDE))
    assert pid_of(decoders) == before


def test_what_cannot_be_read_is_named_as_usual(decoders: Decoders, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("not an image")
    for name, why in (("text.jpg", "not a JPEG, PNG, WEBP image"), ("gone.png", "is missing")):
        found = decoders(tmp_path / name, SIDE)
        assert isinstance(found, UnreadableImageError)
        assert why in str(found)
    odd = os.fsencode(tmp_path) + b"/\xff\n.png"  # not UTF-8, and a line break
    assert "is missing" in str(decoders(os.fsdecode(odd), SIDE))


def test_a_large_image_is_decoded_here_within_this_process_s_budget(
    decoders: Decoders, image_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    here: list[object] = []
    monkeypatch.setattr(decoding, "try_image_to_pixels", lambda *it: here.append(it))
    monkeypatch.setattr(decoding, "LARGE", decoding.DECODED)
    monkeypatch.setattr(decoding, "DECODED", "")
    decoders(image_files[0], SIDE)
    assert here == [(image_files[0], SIDE)]


def test_an_image_is_decoded_again_if_its_process_is_killed(
    decoders: Decoders, image_files: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    killed = pid_of(decoders)
    os.kill(killed, signal.SIGKILL)
    found = decoders(image_files[1], SIDE)
    assert isinstance(found, torch.Tensor)
    assert torch.equal(found, image_to_pixels(image_files[1], SIDE))
    assert pid_of(decoders) != killed
    assert f"{image_files[1]} ended with -9" in caplog.text


def test_runs_go_by_the_processes(
    loaded: LoadedModel,
    decoders: Decoders,
    image_files: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The GPU's path on a processor."""
    monkeypatch.setattr(engine, "_IMAGES_FOR_PROCESSES", 5)
    monkeypatch.setattr(engine, "_CORES_FOR_PROCESSES", 2)
    made: list[tuple[int, ...]] = []

    def given(*asked: int) -> Decoders:
        made.append(asked)
        return decoders

    monkeypatch.setattr(engine, "Decoders", given)
    one = Engine(loaded, batch_size=2, workers=2)
    monkeypatch.setattr(one, "_on_cores", one._on_device)
    items = [Item(path, "cat") for path in image_files]
    few = one.embed(items[:4])
    assert made == []
    found = one.embed(items)
    assert made == [(2, SIDE)]
    expected = Engine(loaded).embed(items).values
    np.testing.assert_allclose(found.values, expected, atol=1e-5)
    np.testing.assert_allclose(few.values, expected[:4], atol=1e-5)


#: A program that is ready and then ends over each image.
ENDS = "import sys; print('\"ready\"', flush=True); sys.stdin.readline(); sys.exit(7)"


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Decoders]:
    def made(program: str) -> Decoders:
        monkeypatch.setattr(decoding, "_COMMAND", (sys.executable, "-c", program))
        return Decoders(1, SIDE)

    return made


def test_an_image_that_ends_two_processes_costs_its_own_row(
    ending: Callable[[str], Decoders], image_files: list[Path]
) -> None:
    decoders = ending(ENDS)
    ready(decoders, 1)
    found = decoders(image_files[0], SIDE)
    assert isinstance(found, UnreadableImageError)
    assert "image0.png: decoding it ended the process that tried, twice" in str(found)
    decoders.close()


def test_processes_that_do_not_start_cost_no_image(
    ending: Callable[[str], Decoders],
    image_files: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("threading.Thread", _AtOnce)
    for program in ("raise SystemExit(3)", ENDS):
        if program == ENDS:
            monkeypatch.setattr("os.memfd_create", _refused)
        decoders = ending(program)
        assert isinstance(decoders(image_files[0], SIDE), torch.Tensor)
        decoders.close()
    assert "a process that was to decode images ended with 3" in caplog.text
    assert "no process can be started to decode images: no more of them" in caplog.text


class _AtOnce:
    def __init__(self, target: Callable[[], None], daemon: bool) -> None:
        self.start = target


def _refused(_name: str) -> int:
    raise OSError("no more of them")


def test_processes_end_with_what_uses_them(ending: Callable[[str], Decoders]) -> None:
    decoders = ending(ENDS)
    ready(decoders, 1)
    running = decoders._running
    (decoder,) = running.values()
    del decoders
    gc.collect()
    assert running == {}
    assert decoder.process.returncode is not None


def test_the_program_answers_line_by_line(
    image_files: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process: what it reads, what it answers, and what it leaves in the memory."""
    text = image_files[0].with_suffix(".jpg")
    text.write_text("not an image")
    asked = [json.dumps(str(path)) + "\n" for path in (image_files[4], text, image_files[0])]
    monkeypatch.setattr("sys.stdin", asked)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    before, shared = torch.get_num_threads(), os.memfd_create("pixels")
    try:
        os.ftruncate(shared, 3 * SIDE * SIDE)
        # The first is 76 × 60 pixels, one row more than is allowed; the last 40 × 60.
        decoding_process.main(shared, SIDE, 76 * 59)
        kept = os.pread(shared, 3 * SIDE * SIDE, 0)
    finally:
        torch.set_num_threads(before)
        os.close(shared)
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answers[place] for place in (0, 1, 3)] == ["ready", "large", "decoded"]
    assert "not a JPEG, PNG, WEBP image" in answers[2]["unreadable"]
    pixels = torch.frombuffer(bytearray(kept), dtype=torch.uint8).view(SIDE, SIDE, 3)
    assert torch.equal(pixels.permute(2, 0, 1), image_to_pixels(image_files[0], SIDE))
