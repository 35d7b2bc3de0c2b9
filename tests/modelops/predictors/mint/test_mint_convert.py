"""`manage.py mint_convert`, run as a person runs it."""

import io
import json
from pathlib import Path

import pytest
import torch
from django.core.management import CommandError, call_command
from safetensors.torch import load_file

from modelops.predictors.mint.checkpoint import load_model
from tests.modelops.predictors.mint.released import golden_checkpoint, write_tokenizer
from tests.shared_data import require_shared


def convert(*words: str | Path) -> str:
    out = io.StringIO()
    call_command("mint_convert", *map(str, words), stdout=out)
    return out.getvalue()


def given(tmp_path: Path) -> list[str | Path]:
    """A released checkpoint with both stages, where it goes, and its sizes and words."""
    torch.save(golden_checkpoint("nano")[0], tmp_path / "mint.pt")
    words = write_tokenizer(tmp_path / "words")
    config = require_shared("golden/mint/nano") / "config.json"
    return [tmp_path / "mint.pt", tmp_path / "out", "--config", config, "--tokenizer", words]


def test_a_released_checkpoint_becomes_a_folder_with_a_list_of_its_names(tmp_path: Path) -> None:
    printed = convert(*given(tmp_path), "--dtype", "bf16")
    listed = json.loads((tmp_path / "out" / "conversion.json").read_text())
    mapped = sum("name" in entry for entry in listed.values())
    assert printed.splitlines()[-1] == (
        f"{tmp_path / 'out'}: {len(listed)} official names, {mapped} mapped and "
        f"{len(listed) - mapped} dropped; conversion.json there lists which and why"
    )
    stored = load_file(tmp_path / "out" / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.bfloat16}
    assert load_model(tmp_path / "out").model.config.num_query_tokens == 8


def test_a_damaged_checkpoint_is_an_error_with_its_fix_and_leaves_nothing(tmp_path: Path) -> None:
    words = given(tmp_path)
    whole = (tmp_path / "mint.pt").read_bytes()
    (tmp_path / "mint.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CommandError, match=r"mint\.pt is damaged or cut short .* copy it again"):
        convert(*words)
    assert not (tmp_path / "out").exists()


def test_sizes_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    words = [*given(tmp_path)[:2], "--config", tmp_path / "nowhere.json"]
    with pytest.raises(CommandError, match=r"nowhere\.json is not a file of sizes"):
        convert(*words)


def test_a_backbone_becomes_a_folder_with_untrained_heads(
    blip2_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    printed = convert(blip2_folder, out, "--from-blip2", "--dtype", "fp16")
    assert printed == f"{out}: an untrained MINT-IQA on {blip2_folder}\n"
    stored = load_file(out / "model.safetensors")
    published = load_file(blip2_folder / "model.safetensors")
    assert torch.equal(stored["query_tokens"], published["query_tokens"].half())
    assert stored["heads.quality.1.bias"].shape == (3,)


def test_a_backbone_brings_its_own_words(blip2_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="give neither"):
        convert(blip2_folder, tmp_path / "out", "--from-blip2", "--tokenizer", tmp_path)


def test_a_backbone_that_lacks_a_part_is_an_error_with_the_names(
    blip2_folder: Path, tmp_path: Path
) -> None:
    (blip2_folder / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    with pytest.raises(CommandError, match="not a BLIP-2 image–text matching checkpoint; missing"):
        convert(blip2_folder, tmp_path / "out", "--from-blip2")
    assert not (tmp_path / "out").exists()
