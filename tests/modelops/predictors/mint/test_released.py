"""Released checkpoints converted to folders: the golden scores, every name, nothing half done."""

import errno
import json
import re
import resource
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import psutil
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from modelops.explaining.configuration import explainer_config_from_sizes
from modelops.explaining.conversion import EXPLANATIONS, STAGES
from modelops.explaining.model import MintIQAExplainer
from modelops.predictors.errors import (
    CheckpointError,
    StorageError,
    TokenizerError,
    UnknownNameError,
)
from modelops.predictors.mint.checkpoint import load_model
from modelops.predictors.mint.configuration import PERSPECTIVES
from modelops.predictors.mint.conversion import (
    SCORES,
    convert_stage,
    expected_shapes,
)
from modelops.predictors.mint.modeling import MintIQAModel
from modelops.predictors.mint.released import Converted, convert_released
from modelops.predictors.mint.released_sizes import config_from_sizes
from tests.modelops.predictors.mint.released import golden_checkpoint, write_sizes, write_tokenizer
from tests.shared_data import require_shared


class Nano(NamedTuple):
    """What a conversion of the smallest golden checkpoint is given."""

    weights: dict[str, Tensor]
    sizes: dict[str, Any]
    folder: Path

    def convert(self, weights: dict[str, Tensor] | None = None, **options: Any) -> Converted:
        """Saves `weights` (default: the golden ones) as a .pt file and converts it to OUT."""
        torch.save(self.weights if weights is None else weights, self.folder / "mint.pt")
        sizes = options.pop("sizes", self.sizes)
        stated = None if sizes is None else write_sizes(self.folder, sizes)
        given = {"sizes": stated, "tokenizer": self.folder / "words", **options}
        return convert_released(self.folder / "mint.pt", self.out, STAGES, **given)

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def left_behind(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()} - {"mint.pt", "words", "sizes.json"}


@pytest.fixture
def nano(tmp_path: Path) -> Nano:
    write_tokenizer(tmp_path / "words")
    return Nano(*golden_checkpoint("nano"), tmp_path)


@pytest.mark.parametrize("kind", ["pt", "safetensors"])
@pytest.mark.parametrize("size", ["nano", "micro"])
def test_a_converted_checkpoint_gives_the_golden_scores(
    tmp_path: Path, kind: str, size: str
) -> None:
    weights, sizes = golden_checkpoint(size)
    checkpoint = tmp_path / f"mint.{kind}"
    if kind == "pt":
        torch.save(weights, checkpoint)
    else:
        save_file(weights, checkpoint)
    words = write_tokenizer(tmp_path / "words")
    stated = write_sizes(tmp_path, sizes)
    convert_released(checkpoint, tmp_path / "out", STAGES, sizes=stated, tokenizer=words)
    golden = require_shared(f"golden/mint/{size}")
    given = load_file(golden / "inputs.safetensors")
    expected = load_file(golden / "expected.safetensors")
    model = load_model(tmp_path / "out").model
    with torch.inference_mode():
        found = model(given["image"], given["text_ids"], given["text_mask"])
    for column, perspective in enumerate(PERSPECTIVES):
        assert float((found.scores[:, column] - expected[perspective]).abs().max()) <= 1e-5
    assert float((found.query_embeds - expected["query_embeds"]).abs().max()) <= 1e-5


def test_the_explanation_model_s_tensors_are_next_to_it_under_our_names(nano: Nano) -> None:
    nano.convert()
    stored = load_file(nano.out / "explanations" / "model.safetensors")
    wanted = expected_shapes(MintIQAExplainer, explainer_config_from_sizes(nano.sizes))
    assert {name: tensor.shape for name, tensor in stored.items()} == wanted
    official = nano.weights["qformer2.llm_model.model.layers.1.mlp.up_proj.weight"]
    assert torch.equal(stored["language_model.model.layers.1.mlp.up_proj.weight"], official)
    assert torch.equal(stored["query_tokens"], nano.weights["qformer2.query_tokens"])


@pytest.mark.parametrize(("stage", "made"), [(1, "model.safetensors"), (2, "explanations")])
def test_one_stage_alone_is_converted_alone(nano: Nano, stage: int, made: str) -> None:
    alone = {k: t for k, t in nano.weights.items() if k.startswith(f"qformer{stage}.")}
    converted = nano.convert(alone)
    assert [converted.holds(it) for it in STAGES] == [stage == 1, stage == 2]
    assert (nano.out / made).exists()
    assert not (nano.out / ("explanations" if stage == 1 else "model.safetensors")).exists()


def test_every_official_name_is_listed_as_mapped_or_dropped_with_a_reason(nano: Nano) -> None:
    converted = nano.convert()
    listed = json.loads((nano.out / "conversion.json").read_text())
    assert listed.keys() == nano.weights.keys()
    assert converted.mapped == sum("name" in entry for entry in listed.values())
    for official, entry in listed.items():
        if "dropped" in entry:
            assert entry["dropped"]
        else:
            stored = load_file(nano.out / entry["file"])[entry["name"]]
            assert stored.numel() >= nano.weights[official].numel()


def test_all_2035_names_of_the_released_layout_have_a_place_in_their_shapes() -> None:
    full = json.loads(require_shared("golden/mint/full_config.json").read_text())
    shapes = json.loads(require_shared("golden/mint/official_state_dict_shapes.json").read_text())
    official = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    wanted = {
        SCORES: expected_shapes(MintIQAModel, config_from_sizes(full)),
        EXPLANATIONS: expected_shapes(MintIQAExplainer, explainer_config_from_sizes(full)),
    }
    for stage, ours in wanted.items():
        found = convert_stage(official, stage)
        assert {name: tensor.shape for name, tensor in found.items()} == ours
    assert len(shapes) == 2035
    # 39 blocks in each stage join two biases (and the zeros of the keys) to one.
    dropped = 6 + 6 + 32
    assert sum(map(len, wanted.values())) == 2035 - dropped - 2 * 39


def _growth(checkpoint: Path, folder: Path, sizes: Path, words: Path) -> int:
    """Bytes by which this process grew at most while it converted."""
    before = psutil.Process().memory_info().rss
    convert_released(checkpoint, folder, STAGES, dtype=torch.bfloat16, sizes=sizes, tokenizer=words)
    # Not getrusage's, which begins with what the process had that started this one.
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak) * 1024 - before


def test_a_conversion_s_memory_is_not_the_checkpoint_s_size() -> None:
    sizes = json.loads(require_shared("golden/mint/full_config.json").read_text())
    shapes = json.loads(require_shared("golden/mint/official_state_dict_shapes.json").read_text())
    sizes["vision"]["layers"] = 1
    beyond = re.compile(r"qformer1\.visual_encoder\.blocks\.(?!0\.)|qformer2\.")
    weights = {name: torch.zeros(it) for name, it in shapes.items() if not beyond.match(name)}
    with TemporaryDirectory() as name:  # not tmp_path, which is kept
        checkpoint, words = Path(name) / "mint.pt", write_tokenizer(Path(name) / "words")
        torch.save(weights, checkpoint)
        stated = write_sizes(Path(name), sizes)
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            process.submit(abs, 1).result()
            task = process.submit(_growth, checkpoint, Path(name) / "out", stated, words)
            grown = task.result()
        # 0.85 GB of weights; of these 64 MiB of the file's pages may be in memory, and one tensor
        # as it is and as it is stored: the word embeddings are 30,523 · 768 · 4 bytes.
        assert checkpoint.stat().st_size > 800e6
        assert grown < 64 * 2**20 + 2.5 * 94e6 + 60e6


@pytest.mark.parametrize(
    ("dtype", "bits"), [(torch.bfloat16, 16), (torch.float16, 16), (torch.float32, 32)]
)
def test_all_weights_are_stored_as_asked(nano: Nano, dtype: torch.dtype, bits: int) -> None:
    nano.convert(dtype=dtype)
    for place in (nano.out, nano.out / "explanations"):
        stored = load_file(place / "model.safetensors")
        assert {tensor.dtype for tensor in stored.values()} == {dtype}
    exact = nano.weights["qformer1.query_tokens"]
    assert torch.equal(load_file(nano.out / "model.safetensors")["query_tokens"], exact.to(dtype))


def test_half_precision_weights_become_the_full_ones_they_are(nano: Nano) -> None:
    nano.convert({name: tensor.half() for name, tensor in nano.weights.items()})
    stored = load_file(nano.out / "model.safetensors")["query_tokens"]
    assert torch.equal(stored, nano.weights["qformer1.query_tokens"].half().float())


def test_progress_counts_the_tensors_of_both_stages(nano: Nano) -> None:
    counted: list[tuple[int, int]] = []
    nano.convert(progress=lambda done, total: counted.append((done, total)))
    total = counted[0][1]
    assert counted == [(number, total) for number in range(1, total + 1)]


def test_a_checkpoint_of_another_model_is_refused_with_its_names(nano: Nano) -> None:
    with pytest.raises(UnknownNameError, match=r": conv1\.weight, fc\.bias; give"):
        nano.convert({"fc.bias": torch.zeros(3), "conv1.weight": torch.zeros(3)})
    assert not nano.left_behind()


def test_a_checkpoint_of_another_size_is_refused(nano: Nano) -> None:
    with pytest.raises(CheckpointError, match=r"query_tokens is \(1, 8, 24\), not \(1, 32, 768\)"):
        nano.convert(sizes=None)
    assert not nano.left_behind()


@pytest.mark.parametrize(
    ("official", "ours"),
    [
        ("qformer1.ln_vision.bias", "vision_model.post_layernorm.bias"),
        ("qformer2.zero_forward.weight", "zero_convolution.weight"),
        ("qformer2.llm_model.lm_head.weight", "language_model.lm_head.weight"),
    ],
)
def test_a_missing_name_of_either_stage_is_listed(nano: Nano, official: str, ours: str) -> None:
    weights = {name: tensor for name, tensor in nano.weights.items() if name != official}
    with pytest.raises(CheckpointError, match=f"{ours} is missing"):
        nano.convert(weights)
    assert not nano.left_behind()


def test_a_checkpoint_with_nothing_that_is_needed_is_refused(nano: Nano) -> None:
    with pytest.raises(CheckpointError, match="no weights of either stage"):
        nano.convert({"qformer1.temp": torch.zeros(())})


@pytest.mark.parametrize("name", ["q_bias", "v_bias"])
def test_biases_that_do_not_belong_together_are_refused(nano: Nano, name: str) -> None:
    wrong = {f"qformer1.visual_encoder.blocks.0.attn.{name}": torch.zeros(())}
    with pytest.raises(CheckpointError, match="have different shapes"):
        nano.convert({**nano.weights, **wrong})


def test_numbers_beyond_half_precision_are_refused_with_the_fix(nano: Nano) -> None:
    large = {"qformer1.query_tokens": nano.weights["qformer1.query_tokens"] + 70_000}
    with pytest.raises(CheckpointError, match=r"qformer1\.query_tokens .* convert to bf16 or fp32"):
        nano.convert({**nano.weights, **large}, dtype=torch.float16)
    assert not nano.left_behind()
    nano.convert({**nano.weights, **large}, dtype=torch.bfloat16)


@pytest.mark.parametrize("damage", [float("nan"), float("inf")])
def test_a_damaged_number_is_refused(nano: Nano, damage: float) -> None:
    damaged = nano.weights["qformer2.llm_proj.bias"].clone()
    damaged[3] = damage
    with pytest.raises(CheckpointError, match=r"qformer2\.llm_proj\.bias .* copy the checkpoint"):
        nano.convert({**nano.weights, "qformer2.llm_proj.bias": damaged})
    assert not nano.left_behind()


@pytest.mark.parametrize("sizes", [{}, {"vision": 3}, []])
def test_sizes_of_something_else_are_refused(nano: Nano, sizes: Any) -> None:
    with pytest.raises(CheckpointError, match="not the sizes of a MINT-IQA"):
        nano.convert(sizes=sizes)


def test_a_folder_without_a_tokenizer_is_refused_before_anything_is_written(nano: Nano) -> None:
    (nano.folder / "words" / "vocab.txt").unlink()
    with pytest.raises(TokenizerError, match=r"neither tokenizer\.json nor vocab\.txt"):
        nano.convert()
    assert not nano.left_behind()


def test_what_is_there_already_is_not_touched(nano: Nano) -> None:
    nano.out.mkdir()
    (nano.out / "card.txt").write_text("mine")
    with pytest.raises(StorageError, match="already exists"):
        nano.convert()
    assert [path.name for path in nano.out.iterdir()] == ["card.txt"]


def test_an_empty_folder_is_filled_and_a_deep_one_made(nano: Nano) -> None:
    nano.out.mkdir()
    nano.convert()
    deep = nano.folder / "a" / "b"
    words = nano.folder / "words"
    convert_released(
        nano.folder / "mint.pt", deep, STAGES, sizes=nano.folder / "sizes.json", tokenizer=words
    )
    assert (deep / "model.safetensors").read_bytes() == (
        nano.out / "model.safetensors"
    ).read_bytes()


def test_too_little_room_is_named_before_anything_is_written(
    nano: Nano, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Small(NamedTuple):
        free: int

    monkeypatch.setattr("shutil.disk_usage", lambda _: Small(free=1000))
    with pytest.raises(StorageError, match=r"0\.0 GB free and 0.0 GB are needed; free some space"):
        nano.convert()
    assert not nano.left_behind()


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """The system itself refuses to let a file grow beyond `size` bytes, as a quota would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_refuses_half_way_is_named_and_leaves_nothing(nano: Nano) -> None:
    torch.save(nano.weights, nano.folder / "mint.pt")
    words, sizes = nano.folder / "words", write_sizes(nano.folder, nano.sizes)
    with (
        files_limited_to(100_000),
        pytest.raises(StorageError, match=r"out cannot be written .*; nothing was kept") as caught,
    ):
        convert_released(nano.folder / "mint.pt", nano.out, STAGES, sizes=sizes, tokenizer=words)
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.EFBIG
    assert not nano.left_behind()
