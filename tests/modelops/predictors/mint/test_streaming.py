"""Weights read and written tensor by tensor, against the libraries that define the formats."""

import hashlib
import pickle
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from modelops.predictors.errors import CheckpointError
from modelops.predictors.mint.streaming import Entry, WeightReader, fingerprint, write_weights

WEIGHTS = {
    "b.weight": torch.arange(6.0).reshape(2, 3),
    "a.scalar": torch.tensor(2.5),
    "c.half": torch.tensor([1.0, -3.5], dtype=torch.float16),
    "d.brain": torch.tensor([[0.5], [4.0]], dtype=torch.bfloat16),
    "e.transposed": torch.arange(6.0).reshape(2, 3).T,
}


def layout_of(weights: dict[str, Tensor]) -> dict[str, Entry]:
    return {name: Entry(tensor.shape, tensor.dtype) for name, tensor in weights.items()}


@pytest.fixture(params=["pt", "safetensors"])
def checkpoint(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"weights.{request.param}"
    contiguous = {name: tensor.contiguous() for name, tensor in WEIGHTS.items()}
    if request.param == "pt":
        torch.save(WEIGHTS, path)
    else:
        save_file(contiguous, path)
    return path


def test_each_tensor_is_read_by_name(checkpoint: Path) -> None:
    reader = WeightReader(checkpoint)
    assert reader.shapes == {name: tensor.shape for name, tensor in WEIGHTS.items()}
    for name, tensor in WEIGHTS.items():
        found = reader(name)
        assert found.dtype == tensor.dtype
        assert torch.equal(found, tensor)


def test_reopening_between_tensors_changes_nothing(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelops.predictors.mint.streaming._WINDOW", 1)
    reader = WeightReader(checkpoint)
    held = {name: reader(name) for name in WEIGHTS}
    assert all(torch.equal(held[name], tensor) for name, tensor in WEIGHTS.items())


def test_the_format_is_recognised_by_content_not_by_name(checkpoint: Path) -> None:
    renamed = checkpoint.rename(checkpoint.with_suffix(".bin"))
    assert WeightReader(renamed).shapes.keys() == WEIGHTS.keys()


def test_the_library_reads_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "written.safetensors"
    sha256 = write_weights(path, layout_of(WEIGHTS), WEIGHTS.__getitem__)
    found = load_file(path)
    assert found.keys() == WEIGHTS.keys()
    for name, tensor in WEIGHTS.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_bytes_as_the_library_writes(tmp_path: Path) -> None:
    # All but bfloat16: if two kinds are equally wide, either order is sound.
    weights = {name: t.contiguous() for name, t in WEIGHTS.items() if t.dtype != torch.bfloat16}
    save_file(weights, tmp_path / "library.safetensors", metadata={"format": "pt"})
    write_weights(tmp_path / "ours.safetensors", layout_of(weights), weights.__getitem__)
    library = (tmp_path / "library.safetensors").read_bytes()
    assert (tmp_path / "ours.safetensors").read_bytes() == library


def test_what_is_said_about_a_file_is_in_its_metadata(tmp_path: Path) -> None:
    about = {"origin": "a b", "recipe": '{"epochs": 3}'}
    write_weights(tmp_path / "x", layout_of(WEIGHTS), WEIGHTS.__getitem__, about=about)
    with safe_open(tmp_path / "x", framework="pt") as file:
        assert file.metadata() == {"format": "pt", **about}


def test_numbers_are_rounded_as_torch_rounds_them(tmp_path: Path) -> None:
    exact = {"x": torch.randn(100, generator=torch.Generator().manual_seed(1))}
    layout = {"x": Entry(torch.Size([100]), torch.bfloat16)}
    write_weights(tmp_path / "x.safetensors", layout, exact.__getitem__)
    assert torch.equal(load_file(tmp_path / "x.safetensors")["x"], exact["x"].bfloat16())


def test_progress_counts_tensors(tmp_path: Path) -> None:
    counted: list[tuple[int, int]] = []
    layout = layout_of(WEIGHTS)
    write_weights(tmp_path / "x", layout, WEIGHTS.__getitem__, lambda *done: counted.append(done))
    assert counted == [(number, 5) for number in range(1, 6)]


def test_a_tensor_of_another_shape_is_not_written(tmp_path: Path) -> None:
    layout = {"x": Entry(torch.Size([2]), torch.float32)}
    with pytest.raises(ValueError, match=r"\(3,\), not \(2,\)"):
        write_weights(tmp_path / "x", layout, lambda _: torch.zeros(3))


def test_a_full_disk_is_the_system_s_error() -> None:
    layout = {"x": Entry(torch.Size([100_000]), torch.float32)}
    with pytest.raises(OSError, match="No space left"):
        write_weights(Path("/dev/full"), layout, lambda _: torch.zeros(100_000))


class Harmful:
    """Something whose unpickling would leave a trace."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.trace,)


def test_code_in_a_torch_file_is_refused_and_not_run(tmp_path: Path) -> None:
    torch.save({"x": torch.zeros(1), "y": Harmful(tmp_path / "trace")}, tmp_path / "code.pt")
    with pytest.raises(CheckpointError, match="code or objects other than tensors") as caught:
        WeightReader(tmp_path / "code.pt")
    assert "weights_only=False" not in str(caught.value)
    assert not (tmp_path / "trace").exists()


def test_a_bare_pickle_is_not_unpickled(tmp_path: Path) -> None:
    (tmp_path / "code.pkl").write_bytes(pickle.dumps(Harmful(tmp_path / "trace")))
    with pytest.raises(CheckpointError, match=r"neither a torch\.save file nor"):
        WeightReader(tmp_path / "code.pkl")
    assert not (tmp_path / "trace").exists()


def test_a_file_cut_short_is_named(checkpoint: Path) -> None:
    checkpoint.write_bytes(checkpoint.read_bytes()[:-40])
    with pytest.raises(CheckpointError, match="copy it again"):
        WeightReader(checkpoint)


def test_a_file_cut_anywhere_is_named(tmp_path: Path) -> None:
    # Large enough for the end of a ZIP to be looked for in places that are not there.
    torch.save({str(n): torch.rand(500) for n in range(60)}, tmp_path / "whole.pt")
    whole = (tmp_path / "whole.pt").read_bytes()
    for length in range(4, len(whole) - 1, len(whole) // 40):
        (tmp_path / "cut.pt").write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match="copy it again"):
            WeightReader(tmp_path / "cut.pt")


def test_a_torch_file_cut_anywhere_is_named(tmp_path: Path) -> None:
    # Large enough for the end of the archive to be looked for in places that are not there.
    torch.save({str(n): torch.rand(500) for n in range(60)}, tmp_path / "whole.pt")
    whole = (tmp_path / "whole.pt").read_bytes()
    for length in range(4, len(whole) - 1, len(whole) // 60):
        (tmp_path / "cut.pt").write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match="copy it again"):
            WeightReader(tmp_path / "cut.pt")


def test_a_torch_file_of_the_old_format_says_how_to_save_it_again(tmp_path: Path) -> None:
    torch.save(WEIGHTS, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(CheckpointError, match=r"before 1\.6 .* save it again"):
        WeightReader(tmp_path / "old.pt")


def test_what_surrounds_a_state_dict_is_named(tmp_path: Path) -> None:
    torch.save({"model": {}, "epoch": 3, "x": torch.zeros(1)}, tmp_path / "training.pt")
    with pytest.raises(CheckpointError, match="more than named tensors: epoch, model; save"):
        WeightReader(tmp_path / "training.pt")


def test_a_lone_tensor_is_no_checkpoint(tmp_path: Path) -> None:
    torch.save(torch.zeros(1), tmp_path / "tensor.pt")
    with pytest.raises(CheckpointError, match="holds a Tensor, not named tensors"):
        WeightReader(tmp_path / "tensor.pt")


@pytest.mark.parametrize("name", ["absent.pt", "."])
def test_no_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(CheckpointError, match=r"cannot be read .*; give a file"):
        WeightReader(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"PK", b"text that is no checkpoint at all"])
def test_another_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"neither a torch\.save file nor"):
        WeightReader(tmp_path / "other")


def test_a_fingerprint_tells_numbers_names_and_shapes_apart() -> None:
    tensor = torch.arange(6.0)
    same = fingerprint([("a", tensor), ("b", tensor)])
    others = [
        [("a", tensor), ("c", tensor)],
        [("a", tensor), ("b", tensor.reshape(2, 3))],
        [("a", tensor), ("b", tensor + 1e-6)],
        [("a", tensor), ("b", tensor.bfloat16())],
    ]
    assert same == fingerprint([("a", tensor.clone()), ("b", tensor)])
    assert len({same, *map(fingerprint, others)}) == 5
