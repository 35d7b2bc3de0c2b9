"""Folders with a model: saved, loaded, damaged, absent; and BLIP-2 to start from."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import Blip2ForImageTextRetrieval

from modelops.predictors.errors import CheckpointError
from modelops.predictors.mint import checkpoint
from modelops.predictors.mint.checkpoint import (
    LoadedModel,
    backbone_hash,
    from_blip2,
    load_model,
    save_model,
)
from tests.modelops.predictors.mint.plainly import score_image


def test_a_saved_folder_loads_bit_equal(
    loaded: LoadedModel, tmp_path: Path, image_files: list[Path]
) -> None:
    save_model(loaded, tmp_path / "model")
    again = load_model(tmp_path / "model")
    saved = loaded.model.state_dict()
    assert all(torch.equal(t, saved[name]) for name, t in again.model.state_dict().items())
    # The weights are the same bits; their place in memory can change a sum's last bit.
    expected = score_image(loaded, image_files[0], "a red cat")
    assert score_image(again, image_files[0], "a red cat") == pytest.approx(expected, abs=1e-6)


def test_a_loaded_model_is_in_evaluation_mode(loaded: LoadedModel, tmp_path: Path) -> None:
    save_model(loaded, tmp_path / "model")
    assert not load_model(tmp_path / "model").model.training


def test_saving_again_replaces_the_model_and_keeps_the_card(
    loaded: LoadedModel, tmp_path: Path
) -> None:
    save_model(loaded, tmp_path)
    (tmp_path / "README.md").write_text("card")
    loaded.model.set_head_weights(torch.ones(3, 12), torch.zeros(3))
    save_model(loaded, tmp_path)
    assert torch.equal(load_model(tmp_path).model.head_weights()[0], torch.ones(3, 12))
    assert (tmp_path / "README.md").read_text() == "card"
    assert not list(tmp_path.parent.glob(f".{tmp_path.name}.*"))  # nothing half written


def test_half_precision_is_written_and_read_as_full(loaded: LoadedModel, tmp_path: Path) -> None:
    save_model(loaded, tmp_path, dtype=torch.float16)
    stored = load_file(tmp_path / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    again = load_model(tmp_path).model.state_dict()
    assert all(torch.equal(again[name], tensor.float()) for name, tensor in stored.items())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_model_runs_in_one_precision_throughout(
    loaded: LoadedModel, tmp_path: Path, image_files: list[Path], dtype: torch.dtype
) -> None:
    save_model(loaded, tmp_path / "model")
    again = load_model(tmp_path / "model", dtype=dtype)
    assert {parameter.dtype for parameter in again.model.parameters()} == {dtype}
    found = score_image(again, image_files[0], "cat")
    assert found == pytest.approx(score_image(loaded, image_files[0], "cat"), abs=0.05)


def test_a_changed_file_is_noticed(loaded: LoadedModel, tmp_path: Path) -> None:
    save_model(loaded, tmp_path)
    weights = bytearray((tmp_path / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (tmp_path / "model.safetensors").write_bytes(weights)
    with pytest.raises(CheckpointError, match=r"model\.safetensors is not what was saved"):
        load_model(tmp_path)


def test_a_folder_of_a_newer_program_is_refused(loaded: LoadedModel, tmp_path: Path) -> None:
    save_model(loaded, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))
    with pytest.raises(CheckpointError, match="format 99"):
        load_model(tmp_path)


def test_a_folder_without_weights_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"holds no model\.safetensors; .*tiny, vit-g"):
        load_model(tmp_path)


def test_an_unmade_tiny_backbone_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "TINY_FOLDER", tmp_path)
    with pytest.raises(CheckpointError, match="make pretrain-tiny"):
        load_model("tiny")


def test_the_shipped_tiny_backbone_loads_and_is_small() -> None:
    weights = checkpoint.TINY_FOLDER / "model.safetensors"
    if not weights.exists():
        pytest.skip("the tiny backbone is not made yet; run `make pretrain-tiny`")
    load_model("tiny")
    assert sum(p.stat().st_size for p in checkpoint.TINY_FOLDER.iterdir()) <= 10_000_000


def test_the_backbone_hash_ignores_the_heads(loaded: LoadedModel) -> None:
    before = backbone_hash(loaded)
    loaded.model.set_head_weights(torch.ones(3, 12), torch.ones(3))
    assert backbone_hash(loaded) == before


def test_the_backbone_hash_survives_saving(loaded: LoadedModel, tmp_path: Path) -> None:
    save_model(loaded, tmp_path)
    assert backbone_hash(load_model(tmp_path)) == backbone_hash(loaded)


@pytest.mark.parametrize("name", ["query_tokens", "vision_model.post_layernorm.bias"])
def test_the_backbone_hash_sees_any_other_weight(loaded: LoadedModel, name: str) -> None:
    before = backbone_hash(loaded)
    with torch.no_grad():
        loaded.model.get_parameter(name).view(-1)[0] += 1e-6
    assert backbone_hash(loaded) != before


def published_query_embeddings(folder: Path, inputs: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """What BLIP-2's own matching head reads, taken from its own forward pass."""
    blip2 = Blip2ForImageTextRetrieval.from_pretrained(folder)
    blip2.vision_model.post_layernorm.eps = 1e-5  # as in the released code of both models
    seen: list[Tensor] = []
    blip2.itm_head.register_forward_hook(lambda _module, given, _result: seen.append(given[0]))
    pixels, ids, mask = inputs
    with torch.inference_mode():
        blip2.eval()(
            pixel_values=pixels,
            input_ids=ids,
            attention_mask=mask,
            use_image_text_matching_head=True,
        )
    return seen[0]


def test_a_blip2_backbone_gives_blip2_s_query_embeddings(
    blip2_folder: Path, image_files: list[Path]
) -> None:
    ours = from_blip2(blip2_folder)
    inputs = ours.processor(image_files, ["a red cat", "", "two circles", "snow", "grass"])
    with torch.inference_mode():
        found = ours.model(*inputs).query_embeds
    expected = published_query_embeddings(blip2_folder, inputs)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


def test_a_blip2_start_draws_new_heads_and_can_be_saved(blip2_folder: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    one = from_blip2(blip2_folder)
    two = from_blip2(blip2_folder)
    assert not torch.equal(one.model.head_weights()[0], two.model.head_weights()[0])
    save_model(one, tmp_path / "ours")
    again = load_model(tmp_path / "ours")
    assert torch.equal(again.model.head_weights()[0], one.model.head_weights()[0])


def test_a_blip2_start_in_half_precision_is_half_throughout(
    blip2_folder: Path, image_files: list[Path]
) -> None:
    ours = from_blip2(blip2_folder, dtype=torch.bfloat16)
    assert {parameter.dtype for parameter in ours.model.parameters()} == {torch.bfloat16}
    assert set(score_image(ours, image_files[0], "cat")) == {
        "quality", "authenticity", "correspondence",
    }  # fmt: skip


def test_a_blip2_without_its_q_former_is_refused(blip2_folder: Path) -> None:
    path = blip2_folder / "model.safetensors"
    weights = {k: v for k, v in load_file(path).items() if k != "qformer.layernorm.bias"}
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"missing: qformer\.layernorm\.bias"):
        from_blip2(blip2_folder)


def test_a_backbone_out_of_reach_says_what_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*args: object, **kwargs: object) -> str:
        raise OSError("no network")

    monkeypatch.setattr("huggingface_hub.snapshot_download", unreachable)
    with pytest.raises(CheckpointError, match=r"blip2-itm-vit-g .* \(no network\); give a folder"):
        load_model("vit-g")
