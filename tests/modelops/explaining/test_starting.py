"""What an untrained stage 2 starts from: InstructBLIP's numbers by InstructBLIP's own code."""

import io
import json
from pathlib import Path

import pytest
import torch
from django.core.management import CommandError, call_command
from safetensors.torch import load_file, save_file
from transformers import InstructBlipConfig, InstructBlipForConditionalGeneration, LlamaConfig

from modelops.explaining.model import Tokens
from modelops.explaining.starting import start_from_instructblip
from modelops.explaining.tiny_language import tiny_language_tokenizer
from modelops.predictors.errors import CheckpointError, UnknownNameError
from modelops.predictors.mint.checkpoint import LoadedModel, save_model
from modelops.predictors.mint.configuration import MintIQAConfig
from tests.modelops.explaining.cases import load_pipeline

QUESTIONS = ["What is the quality of the image?", "Assess the image."]


@pytest.fixture
def instructblip(tmp_path: Path, small_config: MintIQAConfig, loaded: LoadedModel) -> Path:
    """A small InstructBLIP, saved in several files as the public one is."""
    config = InstructBlipConfig(
        vision_config={**small_config.vision_config.to_dict(), "model_type": "instructblip_vision"},
        qformer_config={
            **small_config.qformer_config.to_dict(),
            "model_type": "instructblip_qformer",
            "encoder_hidden_size": 16,
        },
        text_config=LlamaConfig(
            vocab_size=1024,
            hidden_size=16,
            intermediate_size=24,
            num_hidden_layers=2,
            num_attention_heads=2,
            # Not the tokenizer's, as in the published one.
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=-1,
        ).to_dict(),
        num_query_tokens=4,
    )
    torch.manual_seed(6)
    folder = tmp_path / "instructblip"
    InstructBlipForConditionalGeneration(config).save_pretrained(folder, max_shard_size="40KB")
    assert len(list(folder.glob("*.safetensors"))) > 2
    (folder / "qformer_tokenizer").mkdir()
    loaded.processor.tokenizer.save(folder / "qformer_tokenizer")
    tiny_language_tokenizer(QUESTIONS).save(folder)
    for path in (folder / "language").iterdir():
        path.rename(folder / path.name)
    return folder


@pytest.fixture
def stage_one(tmp_path: Path, loaded: LoadedModel) -> Path:
    save_model(loaded, tmp_path / "mint")
    return tmp_path / "mint"


def test_it_says_what_instructblip_says(
    instructblip: Path, stage_one: Path, image_files: list[Path]
) -> None:
    start_from_instructblip(instructblip, stage_one)
    pipeline = load_pipeline(stage_one)
    ours, explainer = pipeline.explainer.model, pipeline.explainer
    theirs = InstructBlipForConditionalGeneration.from_pretrained(instructblip).eval()
    theirs.vision_model.post_layernorm.eps = 1e-5  # as in the released code of both models
    inputs = pipeline.scores.processor(image_files, ["a red cat"] * 5)
    asked = Tokens(*explainer.tokenizer(QUESTIONS[:1] * 5))
    with torch.inference_mode():
        seen = theirs.vision_model(pixel_values=inputs.pixel_values).last_hidden_state
        expected = theirs.qformer(
            input_ids=asked.ids,
            attention_mask=torch.cat([torch.ones(5, 4, dtype=torch.int64), asked.mask], dim=1),
            query_embeds=theirs.query_tokens.expand(5, -1, -1),
            encoder_hidden_states=seen,
        ).last_hidden_state[:, :4]
        # Stage 1's queries have no say yet.
        scores = torch.randn(5, 4, 12)
        found = ours.encode_questions(ours.encode_images(inputs.pixel_values), scores, asked)
        told = explainer.language.questions(QUESTIONS[:1]).ids
        logits = ours.language_model(told).logits, theirs.language_model(told).logits
        projected = ours.language_projection(found), theirs.language_projection(expected)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    torch.testing.assert_close(*projected, rtol=0, atol=1e-5)
    torch.testing.assert_close(*logits, rtol=0, atol=1e-5)
    assert len(pipeline.answer(inputs, QUESTIONS)[1]) == 5
    language = ours.config.language_config
    ids = language.bos_token_id, language.eos_token_id, language.pad_token_id
    assert ids == (1, 2, 0)  # of the tokenizer


def test_the_command_adds_it_to_a_folder_in_the_width_that_is_asked(
    instructblip: Path, stage_one: Path
) -> None:
    out = io.StringIO()
    words = [str(instructblip), str(stage_one), "--from-instructblip", "--dtype", "bf16"]
    call_command("mint_convert", *words, stdout=out)
    assert out.getvalue().splitlines()[-1] == f"{stage_one}: an untrained stage 2 on {instructblip}"
    stored = load_file(stage_one / "explanations" / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.bfloat16}
    assert not stored["zero_convolution.weight"].any()
    with pytest.raises(CommandError, match="explanations already exists"):
        call_command("mint_convert", *words, stdout=out)


def test_without_a_stage_one_it_says_how_to_make_one(instructblip: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"holds no stage 1 .* --from-blip2"):
        start_from_instructblip(instructblip, tmp_path / "mint")


def test_a_stage_one_of_another_size_is_refused(instructblip: Path, stage_one: Path) -> None:
    sizes = json.loads((stage_one / "config.json").read_text())
    (stage_one / "config.json").write_text(json.dumps(sizes | {"num_query_tokens": 9}))
    with pytest.raises(CheckpointError, match="num_query_tokens 9 and InstructBLIP 4"):
        start_from_instructblip(instructblip, stage_one)


def test_what_is_unknown_missing_or_absent_is_named(instructblip: Path, stage_one: Path) -> None:
    index = instructblip / "model.safetensors.index.json"
    files = json.loads(index.read_text())["weight_map"]
    file = instructblip / files["query_tokens"]
    tensors = load_file(file)
    save_file({**tensors, "stray": torch.zeros(1)}, file)
    with pytest.raises(UnknownNameError, match="instructblip: not of InstructBLIP: stray"):
        start_from_instructblip(instructblip, stage_one)
    del tensors["query_tokens"]
    save_file(tensors, file)
    with pytest.raises(CheckpointError, match="instructblip: query_tokens is missing"):
        start_from_instructblip(instructblip, stage_one)
    file.unlink()
    with pytest.raises(CheckpointError, match=f"{file.name} cannot be read"):
        start_from_instructblip(instructblip, stage_one)
    index.write_text("{}")
    with pytest.raises(CheckpointError, match=r"index\.json is not an index of files"):
        start_from_instructblip(instructblip, stage_one)
    index.unlink()
    with pytest.raises(CheckpointError, match=r"holds neither model\.safetensors nor"):
        start_from_instructblip(instructblip, stage_one)
    assert not (stage_one / "explanations").exists()
