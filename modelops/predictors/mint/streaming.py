"""Reads and writes weights tensor by tensor: a checkpoint larger than the memory can be converted.

What is read is in the page cache and is copied for one tensor at a time; what is written is
safetensors, whose header is known before the first tensor is.
"""

import hashlib
import json
import os
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..errors import CheckpointError

#: Called with (tensors done, tensors in all) after each tensor.
Progress = Callable[[int, int], None]

#: Bytes read from one opening of a checkpoint. Mapped pages that were read count as memory of this
#: process until the file is closed; opening the released checkpoint again takes 0.2 s.
_WINDOW = 64 * 2**20
#: A checkpoint is not opened more often than this.
_MOST_OPENINGS = 64

_WHOLE = "model.safetensors"
_TORCH_ZIP = b"PK\x03\x04"
#: The magic number with which `torch.save` began before torch 1.6.
_TORCH_LEGACY = b"\x80\x02\x8a\n"

_SAFETENSORS_NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
}


class Entry(NamedTuple):
    """What a file's header says about one tensor."""

    shape: torch.Size
    dtype: torch.dtype

    @property
    def nbytes(self) -> int:
        """Bytes that the tensor takes in a file."""
        return self.shape.numel() * self.dtype.itemsize


class WeightReader:
    """The tensors of a `torch.save` or safetensors file by name; none is held.

    Nothing is executed: a `torch.save` file may hold tensors in a dict by name and nothing else.
    Raises CheckpointError for a file that is absent, damaged, or something else.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self.shapes, self._get = _open(self._path)
        self._window = max(_WINDOW, self._path.stat().st_size // _MOST_OPENINGS)
        self._read = 0

    def __call__(self, name: str) -> Tensor:
        """One tensor, on the file's own pages: read it, then drop it."""
        if self._read > self._window:
            # The old mapping is closed with its last reference, which gives its pages back.
            _, self._get = _open(self._path)
            self._read = 0
        tensor = self._get(name)
        self._read += tensor.nbytes
        return tensor


class FolderReader:
    """Like `WeightReader`, for a folder as `transformers` saves it: a safetensors file, or an
    index of several. Also raises CheckpointError if there is neither."""

    def __init__(self, folder: Path) -> None:
        index, whole = folder / f"{_WHOLE}.index.json", folder / _WHOLE
        try:
            listed = json.loads(index.read_text())["weight_map"] if index.exists() else {}
            files = {folder / file for file in listed.values()} or {whole}
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise CheckpointError(
                f"{index} is not an index of files ({error}); copy it again"
            ) from error
        if not listed and not whole.exists():
            raise CheckpointError(f"{folder} holds neither {_WHOLE} nor {index.name}")
        readers = [WeightReader(path) for path in sorted(files)]
        self._readers = {name: reader for reader in readers for name in reader.shapes}
        self.shapes = {name: reader.shapes[name] for name, reader in self._readers.items()}

    def __call__(self, name: str) -> Tensor:
        return self._readers[name](name)


def write_weights(
    path: Path,
    layout: Mapping[str, Entry],
    read: Callable[[str], Tensor],
    progress: Progress | None = None,
    about: Mapping[str, str] | None = None,
) -> str:
    """Writes a safetensors file with one tensor in memory at a time; gives its SHA-256.

    `read` gives the tensor of a name of `layout`, in its shape; it is stored in its dtype. `about`
    goes into the header's metadata. The file is on the disk when this returns. Raises OSError (a
    full disk among them).
    """
    # As the library does: the widest numbers first keeps every tensor aligned.
    names = sorted(layout, key=lambda name: (-layout[name].dtype.itemsize, name))
    digest = hashlib.sha256()
    with path.open("wb") as file:
        header = _header({name: layout[name] for name in names}, about or {})
        digest.update(header)
        file.write(header)
        for number, name in enumerate(names, start=1):
            data = _bytes_of(read(name), layout[name])
            digest.update(data)
            file.write(data)
            if progress is not None:
                progress(number, len(names))
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def write_state(
    path: Path,
    tensors: Mapping[str, Tensor],
    *,
    dtype: torch.dtype | None = None,
    about: Mapping[str, str] | None = None,
) -> str:
    """`write_weights` for tensors in memory, on any device; `dtype`: if not their own."""
    layout = {name: Entry(item.shape, dtype or item.dtype) for name, item in tensors.items()}
    return write_weights(path, layout, tensors.__getitem__, about=about)


def representable(tensor: Tensor, dtype: torch.dtype, names: Sequence[str]) -> Tensor:
    """The tensor as `dtype`; raises CheckpointError, with the `names` that it was made of, if
    that, or it, is not finite."""
    converted = tensor.to(dtype)
    if _is_finite(converted):
        return converted
    fix = (
        f"numbers too large for {dtype}; convert to bf16 or fp32"
        if _is_finite(tensor)
        else "numbers that are infinite or NaN; copy the checkpoint again"
    )
    raise CheckpointError(f"{' and '.join(names)} holds {fix}")


def _is_finite(tensor: Tensor) -> bool:
    """Without a second tensor of that size, which `isfinite` would make."""
    smallest, largest = torch.aminmax(tensor)
    return bool(smallest.isfinite() and largest.isfinite())


def fingerprint(tensors: Iterable[tuple[str, Tensor]], *, about: str = "") -> str:
    """SHA-256 of `about` and of named tensors: their names, types, shapes and numbers."""
    digest = hashlib.sha256(about.encode())
    for name, tensor in tensors:
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(_bytes_of(tensor, Entry(tensor.shape, tensor.dtype)))
    return digest.hexdigest()


def _header(layout: Mapping[str, Entry], about: Mapping[str, str]) -> bytes:
    """Length, then JSON with each tensor's place, padded to eight bytes (safetensors' format)."""
    described: dict[str, object] = {"__metadata__": {"format": "pt", **about}}
    place = 0
    for name, entry in layout.items():
        described[name] = {
            "dtype": _SAFETENSORS_NAMES[entry.dtype],
            "shape": list(entry.shape),
            "data_offsets": [place, place + entry.nbytes],
        }
        place += entry.nbytes
    text = json.dumps(described, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _bytes_of(tensor: Tensor, entry: Entry) -> memoryview:
    """The tensor's own memory if it has the entry's form already, else that of a copy."""
    if tensor.shape != entry.shape:
        raise ValueError(f"a tensor is {tuple(tensor.shape)}, not {tuple(entry.shape)} as laid out")
    wanted = tensor.detach().to("cpu", entry.dtype).contiguous()
    # As bytes, because NumPy has no bfloat16.
    return wanted.flatten().view(torch.uint8).numpy().data


def _open(path: Path) -> tuple[dict[str, torch.Size], Callable[[str], Tensor]]:
    """The shapes by name, and what gives a tensor by name while it is referred to."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror}); give a file") from error
    if start == _TORCH_LEGACY:
        raise CheckpointError(
            f"{path} was saved by a torch before 1.6 and cannot be read piece by piece; "
            "load it with weights_only=True and save it again with torch.save"
        )
    return _open_torch(path) if start == _TORCH_ZIP else _open_safetensors(path)


def _open_torch(path: Path) -> tuple[dict[str, torch.Size], Callable[[str], Tensor]]:
    try:
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        # The library's own message advises to run the file's code.
        raise CheckpointError(
            f"{path} contains code or objects other than tensors and is not read: they could do "
            "anything; save only its state dict, or convert it to safetensors where it comes from"
        ) from error
    except (RuntimeError, EOFError, OSError) as error:
        raise CheckpointError(f"{path} is damaged or cut short ({error}); copy it again") from error
    if not isinstance(found, dict):
        raise CheckpointError(f"{path} holds a {type(found).__name__}, not named tensors")
    others = [str(name) for name, value in found.items() if not isinstance(value, Tensor)]
    if others:
        raise CheckpointError(
            f"{path} contains more than named tensors: {', '.join(sorted(others))}; "
            "save only the model's state dict"
        )
    state: dict[str, Tensor] = {str(name): tensor for name, tensor in found.items()}
    return {name: tensor.shape for name, tensor in state.items()}, state.__getitem__


def _open_safetensors(path: Path) -> tuple[dict[str, torch.Size], Callable[[str], Tensor]]:
    file: Any
    try:
        file = safe_open(path, framework="pt")
    except SafetensorError as error:
        raise CheckpointError(
            f"{path} is neither a torch.save file nor a whole safetensors file ({error}); "
            "give one of these, or copy it again"
        ) from error
    shapes = {name: torch.Size(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  # not a dict
    return shapes, file.get_tensor
