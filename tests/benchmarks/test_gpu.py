"""The benchmark of a GPU: all of it in small, and what becomes of rows that do not end well."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from packaging.requirements import Requirement

from benchmarks import __main__ as command_line
from benchmarks.gpu import running
from benchmarks.gpu.all_rows import ROWS
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.limits import flops_per_image, share_of_ceiling
from benchmarks.gpu.running import Record, run_rows, said
from benchmarks.gpu.showing import markdown
from modelops.predictors.mint.checkpoint import load_model
from modelops.predictors.registry import PREDICTORS
from tests.benchmarks import gpu_rows

ROOT = Path(__file__).parents[2]
#: All that a machine with a GPU has to have; what they require is theirs to say.
GIVEN = ("torch", "transformers", "numpy", "safetensors", "pillow")
#: Without a GPU, and without another kind of predictor.
MISSING = {"answers_in_graphs", "compiled"}
if set(PREDICTORS) == {"tiny", "vit-g"}:
    MISSING.add("second")

pytestmark = pytest.mark.timeout(240)


def required(names: tuple[str, ...]) -> dict[str, Distribution]:
    """The packages and, by their own metadata, all that they require, as far as it is here."""
    found: dict[str, Distribution] = {}
    left = list(names)
    while left:
        name = re.sub(r"[-_.]+", "-", left.pop()).lower()
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # CUDA's libraries, on a machine without a GPU
            continue
        wanted = map(Requirement, found[name].requires or ())
        left += [it.name for it in wanted if it.marker is None or it.marker.evaluate({"extra": ""})]
    return found


@pytest.fixture(scope="module")
def only_these(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages that holds nothing else."""
    folder = tmp_path_factory.mktemp("packages")
    for package in required(GIVEN).values():
        inside = [
            path for path in package.files or () if path.parts[0] not in ("..", "__pycache__")
        ]
        for top in {path.parts[0] for path in inside}:
            if not (folder / top).exists():
                (folder / top).symlink_to(Path(str(package.locate_file(top))).resolve())
    return folder


@pytest.fixture(scope="module")
def small_run(only_these: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of results of all rows, in small, in one process without other packages."""
    folder = tmp_path_factory.mktemp("results")
    # -S: without the packages of this environment.
    ran = subprocess.run(
        [sys.executable, "-S", "-m", "benchmarks", "gpu", "--together", "--folder", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{only_these}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
    assert "no GPU: every row in small" in ran.stdout
    return folder


def test_every_row_is_measured_with_torch_and_transformers_alone(small_run: Path) -> None:
    found = json.loads((small_run / "gpu_small.json").read_text())
    assert list(found["rows"]) == list(ROWS)
    skipped = {
        name: figure["skipped"]
        for name, figures in found["rows"].items()
        for figure in figures
        if "skipped" in figure and "no golden files" not in figure["skipped"]
    }
    assert set(skipped) == MISSING, skipped
    assert found["published_size"] is False
    assert found["machine"]["cores"] > 0


def test_what_was_found_is_written_as_json_lines_and_as_a_table(small_run: Path) -> None:
    about, *lines = map(json.loads, (small_run / "gpu_small.jsonl").read_text().splitlines())
    rows = json.loads((small_run / "gpu_small.json").read_text())["rows"]
    assert about["torch"] == torch.__version__
    figures = [line["figure"] for line in lines if "figure" in line]
    assert figures == [it for row in rows.values() for it in row]
    table = (small_run / "gpu_small.md").read_text().splitlines()
    assert len(table) == 2 + len(figures)
    assert all(line.count(" | ") >= 1 for line in table)


def test_a_row_s_end_costs_neither_the_others_nor_what_it_had_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_TOO_FEW", 0.0)
    monkeypatch.setattr(Bench, "free", lambda _self: 24.0)
    rows = [
        getattr(gpu_rows, name) for name in ("crashes", "hangs", "large", "well", "raises", "lacks")
    ]
    record = Record.open(tmp_path / "gpu.jsonl", {"code": "1"})
    bench = Bench(torch.device("cpu"), tmp_path)
    # In processes of their own, as on a GPU; then in this one, which is quicker.
    run_rows(rows[:2], bench, record, 0.9, lambda _line: None, apart=True)
    run_rows(rows[2:], bench, record, 9, lambda _line: None, apart=False)
    assert [[said(figure) for figure in figures] for figures in record.figures.values()] == [
        ["1.00 s", "not measured: its process ended (SIGKILL)"],
        ["2.00 s", "not measured: ended after 2 s, its share"],
        ["not measured: 24 GiB of the GPU are free, 80 are needed"],
        ["10 images/s", "20 images/s · 0.500 of the ceiling"],
        ["10.0 ms (median)", "not measured: RuntimeError: no such kernel"],
        ["not measured: this device has no such products"],
    ]
    lines = markdown(rows, record.figures)
    assert "| A row that ends well | one | 10 images/s |" in lines
    assert "| | two | 20 images/s · 0.500 of the ceiling |" in lines


def test_a_later_run_goes_on_with_what_was_not_measured(tmp_path: Path) -> None:
    path, silent = tmp_path / "gpu.jsonl", lambda _line: None
    bench = Bench(torch.device("cpu"), tmp_path)
    first = Record.open(path, {"code": "1"})
    run_rows([gpu_rows.well], bench, first, 9, silent, apart=False)
    run_rows([gpu_rows.raises], bench, first, 0.01, silent, apart=False)  # no time for it
    assert said(first.figures["raises"][0]) == "not measured: the time was up before it"
    first.begin("lacks")  # and in the middle of this one the machine is taken away
    first.add("lacks", {"what": "half of it", "seconds": 1.0})
    with path.open("a") as file:
        file.write('{"row": "lacks", "fig')
    again = Record.open(path, {"code": "1"})
    assert again.continued
    assert again.done == {"well"}
    run_rows([gpu_rows.lacks], bench, again, 0.01, silent, apart=False)
    assert said(again.figures["lacks"][0]) == "1.00 s"  # kept as long as there is nothing better
    rows = [gpu_rows.well, gpu_rows.raises, gpu_rows.lacks]
    run_rows(rows, bench, again, 9, silent, apart=False)
    assert again.done == {"well", "raises", "lacks"}
    assert [len(figures) for figures in again.figures.values()] == [2, 2, 1]  # none twice
    assert Record.open(path, {"code": "1"}).figures == again.figures


@pytest.mark.parametrize(("about", "fresh"), [({"code": "2"}, False), ({"code": "1"}, True)])
def test_other_code_or_a_wish_starts_over(
    tmp_path: Path, about: dict[str, str], fresh: bool
) -> None:
    path = tmp_path / "gpu.jsonl"
    Record.open(path, {"code": "1"}).add("well", {"what": "one", "seconds": 1.0})
    record = Record.open(path, about, fresh=fresh)
    assert not record.continued
    assert not record.figures
    assert path.read_text() == json.dumps(about) + "\n"


def test_a_gpu_is_asked_for_its_memory_and_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = SimpleNamespace(
        name="a card", total_memory=80 * 2**30, multi_processor_count=132, major=9, minor=0
    )
    told: list[str] = []
    for name in ("synchronize", "empty_cache", "reset_peak_memory_stats"):
        monkeypatch.setattr(torch.cuda, name, lambda name=name: told.append(name))
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _device: card)
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda: 3 * 2**30)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (40 * 2**30, 80 * 2**30))
    bench = Bench(torch.device("cuda"), tmp_path, {"ceiling": [{"tflops": 600.0}]})
    bench.forget_peak()
    bench.once(lambda: None)
    assert told == ["empty_cache", "reset_peak_memory_stats", "synchronize"]
    assert (bench.free(), bench.peak()) == (40, 3)
    assert bench.value("ceiling", "tflops") == 600
    assert bench.value("flops", "gflops_per_image") is None
    assert share_of_ceiling(bench, 10) == {}  # one of the two is not known
    _machine, found = ROWS["machine"].measure(bench)
    assert (found["what"], found["memory_gib"], found["capability"]) == ("a card", 80.0, "9.0")


def test_a_library_that_is_lacking_is_named_with_the_command_that_adds_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "find_spec", lambda name: None if name == "PIL" else name)
    assert command_line.main(["gpu"]) == 1
    assert "this Python lacks pillow; pip install pillow" in capsys.readouterr().out


def test_a_share_of_the_ceiling_is_of_all_products(tmp_path: Path) -> None:
    known = {"ceiling": [{"tflops": 678.0}], "flops": [{"gflops_per_image": 537.6}]}
    bench = Bench(torch.device("cpu"), tmp_path, known)
    # 678 TFLOP/s are 1,262 images of 537.6 GFLOP in a second; 713 are .565 of them.
    assert share_of_ceiling(bench, 713)["share_of_ceiling"] == pytest.approx(713 / 1261.2, abs=1e-3)


def test_the_products_of_an_image_are_counted() -> None:
    """By hand, for the vision transformer of `tiny`: 65 places of 160 numbers, five blocks."""
    places, width, inner = 65, 160, 480
    linear = 2 * places * (4 * width**2 + 2 * width * inner)
    attention = 2 * 2 * places**2 * width
    patches = 2 * 64 * (3 * 14 * 14) * width
    vision = 5 * (linear + attention) + patches
    # The Q-Former has as many blocks of the same width, each with cross-attention to all places
    # (keys and values: 2 products of `width`²), and 8 queries and some words in it.
    cross = 5 * 2 * places * 2 * width**2
    words = 8 + 6  # which look at each other and at 65 places
    more = 5 * (
        2 * words * (8 * width**2 + 4 * width * inner) + 4 * words * (words + places) * width
    )
    loaded = load_model("tiny")
    size = loaded.processor.image_size
    found = flops_per_image(
        loaded, torch.zeros(2, 3, size, size, dtype=torch.uint8), ["a red cat"] * 2
    )
    assert vision + cross < found < vision + cross + more
