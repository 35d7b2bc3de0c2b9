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

from .checkpoint import EXPLANATIONS_FOLDER, WEIGHTS, describe_folder, find_folder
from .configuration import MintIQAConfig
from .conversion import (
    EXPLANATIONS,
    SCORES,
    Dropped,
    Mapped,
    check_shapes,
    describe_names,
    expected_explanation_shapes,
    expected_shapes,
    join_parts,
    naming,
    parts_of,
)
from .errors import CheckpointError
from .presets import explainer_preset_config, preset_config
from .released_sizes import read_sizes
from .storing import new_folder
from .streaming import Entry, Progress, WeightReader, representable, write_weights
from .tokenization import load_tokenizer

#: The tokenizer of the released code; it is not part of the checkpoint.
TOKENIZER_SOURCE = "google-bert/bert-base-uncased"
#: Says of every official name what became of it.
NAMES_LIST = "conversion.json"
#: Where a stage's model lies in the converted folder.
PLACES = {SCORES: ".", EXPLANATIONS: EXPLANATIONS_FOLDER}


@dataclass(frozen=True)
class Converted:
    """What became of a checkpoint: official name → our name in its stage, or why it was dropped."""

    names: Mapping[str, Mapped | Dropped]

    @property
    def mapped(self) -> int:
        """How many official tensors have a place."""
        return sum(isinstance(entry, Mapped) for entry in self.names.values())

    @property
    def stages(self) -> tuple[int, ...]:
        """Those of which there is anything, `SCORES` before `EXPLANATIONS`."""
        found = {entry.stage for entry in self.names.values() if isinstance(entry, Mapped)}
        return tuple(sorted(found))

    def to_json(self) -> dict[str, dict[str, str]]:
        """Official name → file and name there, or why it was dropped."""
        return {
            official: {"file": str(Path(PLACES[entry.stage], WEIGHTS)), "name": entry.name}
            if isinstance(entry, Mapped)
            else {"dropped": entry.reason}
            for official, entry in self.names.items()
        }


@dataclass(frozen=True)
class _Stage:
    """A stage that the checkpoint holds whole, as it will be written."""

    number: int
    config: MintIQAConfig
    layout: dict[str, Entry]
    read: Callable[[str], Tensor]


def convert_released(
    checkpoint: str | Path,
    folder: str | Path,
    *,
    dtype: torch.dtype = torch.float32,
    sizes: Path | None = None,
    tokenizer: str | Path = TOKENIZER_SOURCE,
    progress: Progress | None = None,
) -> Converted:
    """Writes a new folder from a released checkpoint, with one tensor in memory at a time.

    checkpoint: a `torch.save` or safetensors file with stage 1 (`qformer1.*`), 2, or both.
    dtype: what all weights are stored as.
    sizes: the `config.json` beside an official state dict; default: the published ones.
    tokenizer: a folder with a BERT tokenizer, or its name on the model hub.

    Raises UnknownNameError with all names that are unknown; CheckpointError with all that are
    missing or have another shape, or whose numbers `dtype` cannot hold; TokenizerError;
    StorageError. Nothing is left behind then.
    """
    reader = WeightReader(checkpoint)
    with naming(checkpoint):
        converted = Converted(describe_names(reader.shapes))
    if not converted.stages:
        raise CheckpointError(
            f"{checkpoint} holds no weights of either stage of MINT-IQA; give MINTIQA.pt as it is "
            "published, or one stage of it"
        )
    config, explainer_config = (
        read_sizes(sizes)
        if sizes is not None
        else (preset_config("vit-g"), explainer_preset_config("vit-g"))
    )
    wanted = {
        SCORES: (config, expected_shapes(config)),
        EXPLANATIONS: (explainer_config, expected_explanation_shapes(explainer_config)),
    }
    with naming(checkpoint):
        stages = [
            _plan(checkpoint, reader, number, *wanted[number], dtype) for number in converted.stages
        ]
    words = load_tokenizer(find_folder(tokenizer, wanted=("tokenizer.json", "vocab.txt")), config)
    needed = sum(entry.nbytes for stage in stages for entry in stage.layout.values())
    with new_folder(Path(folder), needed=needed) as building:
        for stage, counted in zip(stages, _counted(stages, progress), strict=True):
            place = building / PLACES[stage.number]
            place.mkdir(exist_ok=True)
            sha256 = write_weights(place / WEIGHTS, stage.layout, stage.read, counted)
            describe_folder(place, stage.config, words, sha256)
        text = json.dumps(converted.to_json(), indent=1, ensure_ascii=False)
        (building / NAMES_LIST).write_text(text + "\n")
    return converted


def _plan(
    source: str | Path,
    reader: WeightReader,
    number: int,
    config: MintIQAConfig,
    wanted: Mapping[str, torch.Size],
    dtype: torch.dtype,
) -> _Stage:
    """Checks names and shapes of one stage before anything is read or written."""
    parts = parts_of(reader.shapes, number)
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
    return _Stage(number, config, layout, read)


def _counted(stages: Sequence[_Stage], progress: Progress | None) -> list[Progress | None]:
    """For each stage, progress over the tensors of all stages."""
    if progress is None:
        return [None for _ in stages]
    total = sum(len(stage.layout) for stage in stages)
    counted: list[Progress | None] = []
    before = 0
    for stage in stages:
        counted.append(partial(_count_on, progress, before, total))
        before += len(stage.layout)
    return counted


def _count_on(progress: Progress, before: int, total: int, done: int, _of_stage: int) -> None:
    progress(before + done, total)
