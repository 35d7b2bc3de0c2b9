"""`manage.py mint_verify`, run as a person runs it."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from safetensors.torch import load_file, save_file

from modelops.explaining import precisions
from tests.shared_data import require_shared

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def nano(tmp_path: Path) -> Path:
    return shutil.copytree(require_shared("golden/mint/nano"), tmp_path / "nano")


def spoil(folder: Path, file: str, name: str) -> None:
    tensors = load_file(folder / file)
    tensors[name] += 0.5
    save_file(tensors, folder / file)


def verify(folder: Path) -> tuple[str, str]:
    """What was printed, and the error or nothing."""
    out = io.StringIO()
    try:
        call_command("mint_verify", str(folder), stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def test_a_whole_folder_has_a_line_for_each_tensor_and_no_error(nano: Path) -> None:
    printed, error = verify(nano)
    assert error == ""
    *lines, last = printed.splitlines()
    expected = load_file(nano / "expected.safetensors")
    of_tensors, of_precisions = lines[: len(expected)], lines[len(expected) :]
    assert {line.split()[0] for line in of_tensors} == expected.keys()
    assert [line.partition("  ")[0].rstrip() for line in of_precisions] == [
        "float32: embedding",
        "float32: scores",
        "bfloat16 on a processor: embedding",
        "bfloat16 on a processor: scores",
    ]
    assert of_precisions[3].endswith(", tolerance 0.005: pass")
    assert sum(line.endswith(": pass") for line in lines) == 14
    assert sum(line.endswith(", for information") for line in lines) == 3
    assert last == f"{nano}: all 14 results are as expected"


def test_a_changed_weight_fails_with_the_tensors_that_show_it(nano: Path) -> None:
    spoil(nano, "official_state_dict.safetensors", "qformer1.quality1.1.bias")
    printed, error = verify(nano)
    assert error.startswith(f"{nano}: 3 of 14 results are not as expected: quality, float32: ")
    (line,) = [line for line in printed.splitlines() if line.startswith("quality ")]
    assert line.endswith(" largest difference 0.5, tolerance 1e-05: FAIL")


def test_a_changed_expectation_fails_with_its_name(nano: Path) -> None:
    spoil(nano, "expected.safetensors", "explanation_loss")
    assert verify(nano)[1].endswith("1 of 14 results are not as expected: explanation_loss")


def test_a_precision_beyond_its_tolerance_fails_alone(nano: Path) -> None:
    """By two parts in 100,000, of which bfloat16 knows nothing."""
    tensors = load_file(nano / "expected.safetensors")
    tensors["query_embeds"] *= 1 + 2e-5
    save_file(tensors, nano / "expected.safetensors")
    failed = verify(nano)[1].partition("expected: ")[2].split(", ")
    assert "float32: embedding" in failed
    assert "bfloat16 on a processor: embedding" not in failed


@pytest.mark.parametrize(
    ("reason", "more"),
    [("it is too old", ["bfloat16 on a GPU"]), ("", ["bfloat16 on a GPU", "fp8 on a GPU"])],
)
def test_a_gpu_is_asked_for_what_it_can_do(
    monkeypatch: pytest.MonkeyPatch, reason: str, more: list[str]
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("modelops.predictors.mint.float8.unsupported", lambda device: reason)
    ways = list(precisions._ways())
    assert [way.name for way in ways] == ["float32", "bfloat16 on a processor", *more]
    assert [way.device for way in ways] == ["cpu", "cpu", *["cuda"] * len(more)]


def test_tensors_of_other_shapes_are_left_to_the_comparison_of_tensors(nano: Path) -> None:
    tensors = load_file(nano / "expected.safetensors")
    tensors["quality"] = tensors["quality"].reshape(-1, 1)
    save_file(tensors, nano / "expected.safetensors")
    assert precisions.verify_precisions(nano) == []


def test_a_missing_file_is_named(nano: Path) -> None:
    (nano / "inputs.safetensors").unlink()
    assert "nano holds no inputs.safetensors; give a folder with config.json" in verify(nano)[1]


@pytest.mark.slow
@pytest.mark.parametrize(("spoilt", "status"), [(False, 0), (True, 1)])
def test_the_exit_status_says_whether_all_passed(nano: Path, spoilt: bool, status: int) -> None:
    if spoilt:
        spoil(nano, "expected.safetensors", "quality")
    command = [sys.executable, str(ROOT / "manage.py"), "mint_verify", str(nano)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == status
    assert ("not as expected: quality" in ran.stderr) is spoilt
