"""From the released checkpoint to a folder of ours.

Source of the layout: IntMeGroup/MINT-IQA, commit e76c07d, models/MINT_Qformers.py and inference.py
(`MINTIQA.pt` is the state dict of both stages).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from ..errors import CheckpointError
from .checkpoint import WEIGHTS, describe_folder, find_folder
from .configuration import MintIQAConfig
from .conversion import (
    Dropped,
    Mapped,
    Stage,
    check_shapes,
    describe_names,
    expected_shapes,
    join_parts,
    naming,
    parts_of,
)
from .released_sizes import read_sizes
from .storing import new_folder
from .streaming import Entry, Progress, WeightReader, representable, write_weights
from .tokenization import PromptTokenizer, load_tokenizer

#: The tokenizer of the released code; it is not part of the checkpoint.
TOKENIZER_SOURCE = "google-bert/bert-base-uncased"
#: Lists what happened to every official name.
NAMES_LIST = "conversion.json"


@dataclass(frozen=True)
class Converted:
    """The result of a conversion: official name → our name in its stage, or why it was dropped."""

    names: Mapping[str, Mapped | Dropped]

    @property
    def mapped(self) -> int:
        """How many official tensors have a place."""
        return sum(isinstance(entry, Mapped) for entry in self.names.values())

    def holds(self, stage: Stage) -> bool:
        """Whether any tensor of this stage has a place."""
        return any(isinstance(it, Mapped) and it.stage is stage for it in self.names.values())

    def to_json(self) -> dict[str, dict[str, str]]:
        """Official name → file and name there, or why it was dropped."""
        return {
            official: {"file": str(Path(entry.stage.folder, WEIGHTS)), "name": entry.name}
            if isinstance(entry, Mapped)
            else {"dropped": entry.reason}
            for official, entry in self.names.items()
        }


@dataclass(frozen=True)
class _Plan:
    """A stage that the checkpoint holds whole, as it will be written."""

    stage: Stage
    config: MintIQAConfig
    layout: dict[str, Entry]
    read: Callable[[str], Tensor]


def convert_released(
    checkpoint: str | Path,
    folder: str | Path,
    stages: Sequence[Stage],
    *,
    dtype: torch.dtype = torch.float32,
    sizes: Path | None = None,
    tokenizer: str | Path = TOKENIZER_SOURCE,
    progress: Progress | None = None,
) -> Converted:
    """Writes a new folder from a released checkpoint, with one tensor in memory at a time.

    checkpoint: a `torch.save` or safetensors file with some or all of `stages`.
    stages: those that may be in it (`explaining.conversion.STAGES`: both).
    dtype: what all weights are stored as.
    sizes: the `config.json` next to an official state dict; default: the published ones.
    tokenizer: a folder with a BERT tokenizer, or its name on the model hub.

    Raises UnknownNameError with all names that are unknown; CheckpointError with all that are
    missing or have another shape, or whose numbers `dtype` cannot hold; TokenizerError;
    StorageError; then nothing is left behind.
    """
    reader = WeightReader(checkpoint)
    with naming(checkpoint):
        converted = Converted(describe_names(reader.shapes, stages))
    held = [stage for stage in stages if converted.holds(stage)]
    if not held:
        raise CheckpointError(
            f"{checkpoint} holds no weights of either stage of MINT-IQA; give MINTIQA.pt as it is "
            "published, or one stage of it"
        )
    stated = None if sizes is None else read_sizes(sizes)
    configs = [it.published() if stated is None else it.from_sizes(stated) for it in held]
    with naming(checkpoint):
        plans = [
            _plan(checkpoint, reader, stage, config, dtype)
            for stage, config in zip(held, configs, strict=True)
        ]
    words = load_tokenizer(
        find_folder(tokenizer, wanted=("tokenizer.json", "vocab.txt")), configs[0]
    )
    needed = sum(entry.nbytes for plan in plans for entry in plan.layout.values())
    with new_folder(Path(folder), needed=needed) as building:
        _write(building, plans, words, progress)
        text = json.dumps(converted.to_json(), indent=1, ensure_ascii=False)
        (building / NAMES_LIST).write_text(text + "\n")
    return converted


def _plan(
    source: str | Path,
    reader: WeightReader,
    stage: Stage,
    config: MintIQAConfig,
    dtype: torch.dtype,
) -> _Plan:
    """Checks names and shapes of one stage before anything is read or written."""
    parts, wanted = parts_of(reader.shapes, stage), expected_shapes(stage.model, config)
    found = {
        name: join_parts(
            {part: torch.empty(reader.shapes[part], device="meta") for part in officials}
        )
        for name, officials in parts.items()
    }
    check_shapes(found, wanted)

    def read(name: str) -> Tensor:
        whole = join_parts({official: reader(official) for official in parts[name]})
        with naming(source):
            return representable(whole, dtype, parts[name])

    layout = {name: Entry(shape, dtype) for name, shape in wanted.items()}
    return _Plan(stage, config, layout, read)


def _write(
    folder: Path, plans: Sequence[_Plan], words: PromptTokenizer, progress: Progress | None
) -> None:
    for plan, counted in zip(plans, _counted(plans, progress), strict=True):
        place = folder / plan.stage.folder
        place.mkdir(exist_ok=True)
        sha256 = write_weights(place / WEIGHTS, plan.layout, plan.read, counted)
        describe_folder(place, plan.config, words, sha256)


def _counted(plans: Sequence[_Plan], progress: Progress | None) -> list[Progress | None]:
    """For each plan, progress over the tensors of all."""
    if progress is None:
        return [None for _ in plans]
    total = sum(len(plan.layout) for plan in plans)
    counted: list[Progress | None] = []
    before = 0
    for plan in plans:
        counted.append(partial(_count_on, progress, before, total))
        before += len(plan.layout)
    return counted


def _count_on(progress: Progress, before: int, total: int, done: int, _of_stage: int) -> None:
    progress(before + done, total)
