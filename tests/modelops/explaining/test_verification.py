"""Folders of reference outputs: complete ones pass, and what was tampered with is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from modelops.explaining.verification import FILES, TOLERANCES, Check, verify_folder
from modelops.predictors.errors import (
    CheckpointError,
    ModelError,
    UnknownNameError,
    VerificationError,
)
from tests.shared_data import SHARED, require_shared

WEIGHTS = "official_state_dict.safetensors"
Edit = Callable[[dict[str, Tensor]], object]


class Copy(NamedTuple):
    """A copy of a golden folder, to be changed."""

    folder: Path

    def change(self, file: str, edit: Edit) -> "Copy":
        tensors = load_file(self.folder / file)
        edit(tensors)
        save_file(tensors, self.folder / file)
        return self

    def failed(self) -> set[str]:
        return {check.name for check in verify_folder(self.folder) if not check.passed}


def golden_folders() -> list[str]:
    """Every folder that is there, so that one that is added is tested; else the two known."""
    found = sorted(path.parent.name for path in SHARED.glob(f"golden/mint/*/{WEIGHTS}"))
    return found or ["nano", "micro"]


@pytest.fixture
def nano(tmp_path: Path) -> Copy:
    return Copy(shutil.copytree(require_shared("golden/mint/nano"), tmp_path / "nano"))


@pytest.mark.parametrize("name", golden_folders())
def test_every_golden_folder_passes(name: str) -> None:
    folder = require_shared(f"golden/mint/{name}")
    checks = {check.name: check for check in verify_folder(folder)}
    assert checks.keys() == load_file(folder / "expected.safetensors").keys()
    assert all(check.passed for check in checks.values())


def test_the_tolerances_are_those_of_the_golden_files() -> None:
    """golden/mint/README.md; generated ids must be equal."""
    scores = dict.fromkeys(("quality", "authenticity", "correspondence"), 1e-5)
    embeddings = {"vision_embeds": 2e-4, "query_embeds": 1e-5, "explanation_query_embeds": 1e-5}
    assert scores | embeddings | {"explanation_loss": 1e-4} == TOLERANCES


def add(name: str, amount: float) -> Edit:
    def edit(tensors: dict[str, Tensor]) -> None:
        tensors[name] = tensors[name] + amount

    return edit


STAGE_2 = {"explanation_query_embeds", "explanation_loss"}
SCORES = {"quality", "authenticity", "correspondence"}


@pytest.mark.parametrize(
    ("weight", "seen_in"),
    [
        ("qformer1.quality2.1.bias", {"authenticity"}),
        ("qformer1.ln_vision.bias", {"vision_embeds", "query_embeds", *SCORES}),
        ("qformer1.query_tokens", {"query_embeds", *SCORES}),
        ("qformer2.zero_forward.weight", STAGE_2),
        ("qformer2.llm_proj.bias", {"explanation_loss"}),
        ("qformer2.llm_model.model.layers.1.mlp.up_proj.weight", {"explanation_loss"}),
    ],
)
def test_a_weight_that_was_changed_shows_where_it_is_used(
    nano: Copy, weight: str, seen_in: set[str]
) -> None:
    def disturb(tensors: dict[str, Tensor]) -> None:
        # Not the same for all: a shift of every feature is taken out by the next normalisation.
        noise = torch.randn(tensors[weight].shape, generator=torch.Generator().manual_seed(1))
        tensors[weight] = tensors[weight] + 0.1 * noise

    failed = nano.change(WEIGHTS, disturb).failed()
    assert seen_in <= failed
    unaffected = set(TOLERANCES) - seen_in
    if not weight.startswith("qformer2"):
        unaffected -= STAGE_2  # which reads stage 1's queries
    assert not failed & unaffected


@pytest.mark.parametrize("name", TOLERANCES)
def test_an_expectation_just_beyond_its_tolerance_fails_alone(nano: Copy, name: str) -> None:
    nano.change("expected.safetensors", add(name, TOLERANCES[name] * 1.5))
    assert nano.failed() == {name}


def test_one_other_id_in_a_greedy_answer_fails(nano: Copy) -> None:
    def edit(tensors: dict[str, Tensor]) -> None:
        tensors["generated_greedy_1"][7] += 1

    nano.change("expected.safetensors", edit)
    found = {check.name: check for check in verify_folder(nano.folder)}["generated_greedy_1"]
    assert (found.difference, found.passed) == (1, False)


def test_a_greedy_answer_that_should_have_ended_fails(nano: Copy) -> None:
    def edit(tensors: dict[str, Tensor]) -> None:
        tensors["generated_greedy_0"] = torch.cat(
            [tensors["generated_greedy_0"][:5], torch.tensor([2])]
        )

    assert nano.change("expected.safetensors", edit).failed() == {"generated_greedy_0"}


def test_other_ids_from_beams_are_reported_and_pass(nano: Copy) -> None:
    nano.change("expected.safetensors", add("generated_beam5_2", 1))
    found = {check.name: check for check in verify_folder(nano.folder)}["generated_beam5_2"]
    assert (found.difference, found.tolerance, found.passed) == (11, None, True)


def test_a_folder_without_beams_is_verified(nano: Copy) -> None:
    def edit(tensors: dict[str, Tensor]) -> None:
        for image in range(3):
            del tensors[f"generated_beam5_{image}"]

    assert nano.change("expected.safetensors", edit).failed() == set()


def test_a_difference_that_is_no_number_fails() -> None:
    assert not Check("quality", float("nan"), 1e-5).passed


def test_an_expectation_that_is_no_number_fails(nano: Copy) -> None:
    nano.change("expected.safetensors", add("quality", float("nan")))
    assert nano.failed() == {"quality"}


@pytest.mark.parametrize("name", ["quality", "generated_greedy_2"])
def test_an_expectation_of_another_shape_fails_and_says_so(nano: Copy, name: str) -> None:
    def edit(tensors: dict[str, Tensor]) -> None:
        tensors[name] = tensors[name][None].clone()

    nano.change("expected.safetensors", edit)
    found = {check.name: check for check in verify_folder(nano.folder)}[name]
    assert not found.passed
    assert "(1, " in found.problem


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named_with_those_that_are_needed(nano: Copy, file: str) -> None:
    (nano.folder / file).unlink()
    with pytest.raises(VerificationError, match=f"nano holds no {file}; give a folder with"):
        verify_folder(nano.folder)


def remove(name: str) -> Edit:
    return lambda tensors: tensors.pop(name)


def insert(name: str) -> Edit:
    return lambda tensors: tensors.update({name: torch.zeros(1)})


NOT_WHOLE: list[tuple[str, Edit, type[ModelError], str]] = [
    ("inputs.safetensors", remove("llm_input_ids"), VerificationError, "lacks llm_input_ids"),
    ("inputs.safetensors", insert("stray"), VerificationError, "inputs.* holds stray, which is"),
    ("expected.safetensors", remove("quality"), VerificationError, "expected.* lacks quality"),
    ("expected.safetensors", insert("stray"), VerificationError, "expected.* holds stray"),
    (
        "expected.safetensors",
        insert("generated_greedy_3"),
        VerificationError,
        "holds generated_greedy_3",
    ),
    (WEIGHTS, remove("qformer1.query_tokens"), CheckpointError, "query_tokens is missing"),
    (
        WEIGHTS,
        remove("qformer2.zero_forward.bias"),
        CheckpointError,
        r"zero_convolution\.bias is missing",
    ),
    (WEIGHTS, insert("qformer2.stray"), UnknownNameError, r"qformer2\.stray"),
    (
        WEIGHTS,
        lambda t: t.update({"qformer1.query_tokens": t["qformer1.query_tokens"].int()}),
        CheckpointError,
        r"nano/official_state_dict\.safetensors: query_tokens holds torch\.int32, no fractions",
    ),
    (
        WEIGHTS,
        insert("qformer1.quality1.0.bias"),
        CheckpointError,
        r"heads\.quality\.0\.bias is \(1,\), not \(48,\)",
    ),
]


@pytest.mark.parametrize(("file", "edit", "error", "message"), NOT_WHOLE)
def test_a_tensor_that_is_missing_or_unexpected_is_named(
    nano: Copy, file: str, edit: Edit, error: type[ModelError], message: str
) -> None:
    nano.change(file, edit)
    with pytest.raises(error, match=message):
        verify_folder(nano.folder)


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        ("image", torch.zeros(3, 1, 56, 56), r"image is \(3, 1, 56, 56\), not \(B, 3, 56, 56\)"),
        ("image", torch.zeros(3, 3, 42, 42), r"image is \(3, 3, 42, 42\), not"),
        ("image", torch.zeros(3, 56, 56), r"image is \(3, 56, 56\), not"),
        ("image", torch.zeros(()), r"image is \(\), not"),
        ("image", torch.zeros(0, 3, 56, 56), "with B from 1"),
        ("question_ids", torch.zeros(3, 1), "question_ids and question_mask are"),
        ("text_ids", torch.zeros(3, 200, dtype=torch.int64), "text_ids and text_mask are"),
        ("llm_input_mask", torch.ones(3, 4), r"llm_input_ids and llm_input_mask are .* \(3, 4\)"),
    ],
)
def test_inputs_of_another_model_are_named(
    nano: Copy, name: str, tensor: Tensor, message: str
) -> None:
    nano.change("inputs.safetensors", lambda tensors: tensors.update({name: tensor}))
    with pytest.raises(VerificationError, match=rf"inputs\.safetensors does not fit .*{message}"):
        verify_folder(nano.folder)


@pytest.mark.parametrize(("text", "most"), [("text", 119), ("llm_output", 89)])
@pytest.mark.parametrize("wrong", [-1, 10_000, 0.5])
def test_ids_that_no_vocabulary_holds_are_named(
    nano: Copy, text: str, most: int, wrong: float
) -> None:
    def edit(tensors: dict[str, Tensor]) -> None:
        tensors[f"{text}_ids"] = torch.full(tensors[f"{text}_ids"].shape, wrong)

    nano.change("inputs.safetensors", edit)
    with pytest.raises(VerificationError, match=f"{text}_ids are not whole numbers .* to {most}"):
        verify_folder(nano.folder)


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int32])
def test_masks_and_ids_may_be_of_any_width(nano: Copy, dtype: torch.dtype) -> None:
    def edit(tensors: dict[str, Tensor]) -> None:
        for text in ("text", "question", "llm_input", "llm_output"):
            tensors[f"{text}_mask"] = tensors[f"{text}_mask"].to(dtype)
            tensors[f"{text}_ids"] = tensors[f"{text}_ids"].to(torch.int32)

    assert nano.change("inputs.safetensors", edit).failed() == set()


def test_only_what_was_generated_is_compared(nano: Copy) -> None:
    nano.change("expected.safetensors", remove("generated_greedy_2"))
    names = {check.name for check in verify_folder(nano.folder)}
    assert "generated_greedy_1" in names
    assert "generated_greedy_2" not in names


@pytest.mark.parametrize(
    ("section", "name", "value", "message"),
    [
        ("vision", "layers", "3", r"vision\.layers is '3', not a whole number"),
        ("vision", "hidden_size", 32.5, r"vision\.hidden_size is 32\.5, not"),
        ("qformer", "vocab_size", None, r"qformer\.vocab_size is None, not"),
        ("qformer", "cross_attention_frequency", 0, r"cross_attention_frequency is 0, not"),
        ("llm", "layers", True, r"llm\.layers is True, not"),
        ("llm", "hidden_size", 10**9, r"llm\.hidden_size is 1000000000, not .* to 1048576"),
        ("llm", "heads", 5, r"llm\.hidden_size 32 is not a multiple of its heads"),
        ("vision", "layer_norm_eps", "1e-6", r"vision\.layer_norm_eps is '1e-6', not between"),
        ("vision", "patch_size", 64, r"vision\.image_size 56 is less than its patch_size"),
        ("heads", "used_output", 3, r"heads\.used_output is 3, not one of the outputs"),
        ("llm", "pad_token_id", 90, r"llm\.pad_token_id is 90, not below its vocab_size"),
    ],
)
def test_sizes_that_cannot_be_are_named_with_the_file(
    nano: Copy, section: str, name: str, value: object, message: str
) -> None:
    sizes = json.loads((nano.folder / "config.json").read_text())
    sizes[section][name] = value
    (nano.folder / "config.json").write_text(json.dumps(sizes))
    with pytest.raises(CheckpointError, match=rf"nano/config\.json: .*{message}"):
        verify_folder(nano.folder)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match=r"nowhere is not a folder; give one with config"):
        verify_folder(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["{}", "[]", "{", '{"vision": 3}'])
def test_sizes_of_something_else_are_named(nano: Copy, text: str) -> None:
    (nano.folder / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match="sizes"):
        verify_folder(nano.folder)


@pytest.mark.parametrize("file", [name for name in FILES if name.endswith(".safetensors")])
def test_a_file_cut_short_is_named(nano: Copy, file: str) -> None:
    whole = (nano.folder / file).read_bytes()
    (nano.folder / file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match=file):
        verify_folder(nano.folder)
