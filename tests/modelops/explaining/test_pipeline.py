"""All of stage 2, on small random weights: saved, loaded, and asked."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedModel

from modelops.explaining.checkpoint import (
    Explainer,
    load_explainer,
    save_explainer,
    start_explainer,
)
from modelops.explaining.language_model import load_language_model
from modelops.explaining.model import Decoding, MintIQAExplainer, Tokens
from modelops.explaining.pipeline import ExplanationPipeline
from modelops.explaining.tiny_language import tiny_language_model, tiny_language_tokenizer
from modelops.predictors.errors import CheckpointError
from modelops.predictors.hardware import DeviceError
from modelops.predictors.mint.checkpoint import LoadedModel, save_model
from modelops.predictors.mint.modeling import with_bfloat16_products
from tests.modelops.explaining.cases import load_pipeline

QUESTIONS = ["What is the quality of the image?", "Assess the image."]
SHORT = Decoding(max_new_tokens=6, num_beams=1, repetition_penalty=1.0)


@pytest.fixture
def explainer(loaded: LoadedModel) -> Explainer:
    started = start_explainer(loaded, tiny_language_model(1), tiny_language_tokenizer(QUESTIONS))
    torch.manual_seed(2)
    for parameter in (started.model.language_projection.weight, started.model.query_tokens):
        torch.nn.init.normal_(parameter)
    return started


def test_it_starts_from_stage_one_with_the_way_from_there_closed(loaded: LoadedModel) -> None:
    language = tiny_language_model(1)
    started = start_explainer(loaded, language, tiny_language_tokenizer(QUESTIONS)).model
    for name, tensor in loaded.model.state_dict().items():
        if not name.startswith("heads."):
            assert torch.equal(started.state_dict()[name], tensor), name
    assert not started.zero_convolution.weight.any()
    trained = {name for name, item in started.named_parameters() if item.requires_grad}
    assert not any(name.startswith("language_model.") for name in trained)
    assert {name.split(".")[0] for name in trained} == {
        "query_tokens",
        "vision_model",
        "embeddings",
        "qformer",
        "zero_convolution",
        "language_projection",
    }
    vision = {name for name in trained if name.startswith("vision_model.")}
    assert vision == {f"vision_model.post_layernorm.{part}" for part in ("weight", "bias")}


def test_answers_are_those_of_one_image_and_one_question_alone(
    loaded: LoadedModel, explainer: Explainer, image_files: list[Path]
) -> None:
    pipeline = ExplanationPipeline(loaded, explainer)
    prompts = [f"prompt {number}" for number in range(len(image_files))]
    together = pipeline.answer(loaded.processor(image_files, prompts), QUESTIONS, SHORT)
    assert [len(column) for column in together] == [5, 5]
    for row, (image, prompt) in enumerate(zip(image_files, prompts, strict=True)):
        for column, question in zip(together, QUESTIONS, strict=True):
            alone = pipeline.answer(loaded.processor([image], [prompt]), [question], SHORT)
            assert alone == [[column[row]]]


def test_an_answer_is_what_the_parts_give_one_after_the_other(
    loaded: LoadedModel, explainer: Explainer, image_files: list[Path]
) -> None:
    inputs = loaded.processor(image_files[:1], ["a red circle"])
    with torch.inference_mode():
        queries = loaded.model(*inputs).query_embeds
        vision = explainer.model.encode_images(inputs.pixel_values)
        asked = Tokens(*explainer.tokenizer(QUESTIONS[:1]))
        embeds = explainer.model.encode_questions(vision, queries, asked)
        told = explainer.language.questions(QUESTIONS[:1])
        ids = explainer.model.generate(embeds, told, SHORT)
    found = ExplanationPipeline(loaded, explainer).answer(inputs, QUESTIONS[:1], SHORT)
    assert found == [explainer.language.decode(ids)]


def test_where_memory_is_full_halves_are_answered(
    loaded: LoadedModel,
    explainer: Explainer,
    image_files: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inputs = loaded.processor(image_files, [f"prompt {number}" for number in range(5)])
    expected = ExplanationPipeline(loaded, explainer).answer(inputs, QUESTIONS, SHORT)
    generate, sizes = MintIQAExplainer.generate, []

    def short_of_memory(self: MintIQAExplainer, embeds: Tensor, *given: Any) -> list[list[int]]:
        sizes.append(len(embeds))
        if len(embeds) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return generate(self, embeds, *given)

    monkeypatch.setattr(MintIQAExplainer, "generate", short_of_memory)
    assert ExplanationPipeline(loaded, explainer).answer(inputs, QUESTIONS, SHORT) == expected
    # Five images with two questions each are too many, and half of that, and three.
    assert sizes == [10, 5, 3, 2, 1, 2, 5, 3, 2, 1, 2]


def test_as_many_answers_are_written_together_as_have_room(
    loaded: LoadedModel,
    explainer: Explainer,
    image_files: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inputs = loaded.processor(image_files[:2], ["prompt"] * 2)
    expected = ExplanationPipeline(loaded, explainer).answer(inputs, QUESTIONS * 2, SHORT)
    generate, sizes = MintIQAExplainer.generate, []

    def counting(self: MintIQAExplainer, embeds: Tensor, *given: Any) -> list[list[int]]:
        sizes.append(len(embeds))
        return generate(self, embeds, *given)

    monkeypatch.setattr(MintIQAExplainer, "generate", counting)
    asked = explainer.language.questions(QUESTIONS).ids.shape[1]
    places = explainer.model.config.num_query_tokens + asked + SHORT.max_new_tokens
    for room in (0, 10 * explainer.model.key_bytes(places)):
        monkeypatch.setattr("modelops.explaining.pipeline._free_bytes", lambda _, room=room: room)
        answers = ExplanationPipeline(loaded, explainer).answer(inputs, QUESTIONS * 2, SHORT)
        assert answers == expected
    # Without any room as many as images; then 0.6 of 10, in portions of the same size.
    assert sizes == [2, 2, 2, 2, 4, 4]


def test_memory_for_not_even_one_image_is_named(
    loaded: LoadedModel,
    explainer: Explainer,
    image_files: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_given: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(MintIQAExplainer, "generate", full)
    inputs = loaded.processor(image_files, ["prompt"] * 5)
    with pytest.raises(DeviceError, match="too small for both stages and one answer"):
        ExplanationPipeline(loaded, explainer).answer(inputs, QUESTIONS, SHORT)


def test_the_stages_may_differ_in_width(
    loaded: LoadedModel, explainer: Explainer, image_files: list[Path], tmp_path: Path
) -> None:
    save_model(loaded, tmp_path)
    save_explainer(explainer, tmp_path)
    half = load_explainer(tmp_path, dtype=torch.bfloat16)
    assert {item.dtype for item in half.model.parameters()} == {torch.bfloat16}
    scores = LoadedModel(with_bfloat16_products(loaded.model), loaded.processor)
    inputs = loaded.processor(image_files, ["prompt"] * 5)
    asked = Tokens(*explainer.tokenizer(QUESTIONS[:1] * 5))
    with torch.inference_mode():
        full = explainer.model(inputs.pixel_values, loaded.model(*inputs).query_embeds, asked)
        rounded = half.model(inputs.pixel_values, scores.model(*inputs).query_embeds, asked)
    # Outputs of a norm, about 1 in size; bfloat16 keeps 8 bits, and dozens of layers round.
    assert 0 < (full.query_embeds - rounded.query_embeds.float()).abs().mean() < 0.05
    assert len(ExplanationPipeline(scores, half).answer(inputs, QUESTIONS, SHORT)[1]) == 5


def test_a_language_model_keeps_its_width_before_a_trunk_of_another(loaded: LoadedModel) -> None:
    language = tiny_language_model(1).to(torch.bfloat16)  # type: ignore[arg-type]  # untyped there
    before = {name: item.clone() for name, item in language.state_dict().items()}
    started = start_explainer(loaded, language, tiny_language_tokenizer(QUESTIONS)).model
    assert started.query_tokens.dtype == torch.float32
    found = started.language_model.state_dict()
    assert all(torch.equal(found[name], item) for name, item in before.items())


def test_both_stages_are_saved_and_loaded(
    loaded: LoadedModel, explainer: Explainer, image_files: list[Path], tmp_path: Path
) -> None:
    save_model(loaded, tmp_path / "model")
    save_explainer(explainer, tmp_path / "model")
    inputs = loaded.processor(image_files, ["prompt"] * 5)
    before = ExplanationPipeline(loaded, explainer).answer(inputs, QUESTIONS, SHORT)
    again = load_pipeline(tmp_path / "model")
    assert again.answer(inputs, QUESTIONS, SHORT) == before
    assert again.explainer.model.language_model.config.vocab_size == 1024


def test_what_was_frozen_is_frozen_when_it_is_loaded(
    loaded: LoadedModel, explainer: Explainer, tmp_path: Path
) -> None:
    save_model(loaded, tmp_path)
    save_explainer(explainer, tmp_path)
    learns, again = (
        {name for name, item in model.named_parameters() if item.requires_grad}
        for model in (explainer.model, load_explainer(tmp_path, dtype=torch.bfloat16).model)
    )
    assert again == learns


def test_a_changed_file_is_named(loaded: LoadedModel, explainer: Explainer, tmp_path: Path) -> None:
    save_model(loaded, tmp_path / "model")
    save_explainer(explainer, tmp_path / "model")
    words = tmp_path / "model" / "explanations" / "language" / "tokenizer.json"
    words.write_text(words.read_text() + " ")
    with pytest.raises(CheckpointError, match=r"language/tokenizer.json is not what was saved"):
        load_pipeline(tmp_path / "model")


def gpt2() -> PreTrainedModel:
    torch.manual_seed(4)
    sizes = GPT2Config(
        vocab_size=1024,
        n_embd=16,
        n_layer=1,
        n_head=2,
        n_positions=128,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    return GPT2LMHeadModel(sizes)


def test_any_language_model_serves_by_its_folder(
    loaded: LoadedModel, image_files: list[Path], tmp_path: Path
) -> None:
    gpt2().save_pretrained(tmp_path)
    words = tiny_language_tokenizer(QUESTIONS)
    words.save(tmp_path)
    for path in (tmp_path / "language").iterdir():
        path.rename(tmp_path / path.name)
    started = start_explainer(loaded, *load_language_model(tmp_path))
    assert started.model.config.language_config.model_type == "gpt2"
    inputs = loaded.processor(image_files, ["prompt"] * 5)
    assert len(ExplanationPipeline(loaded, started).answer(inputs, QUESTIONS[:1], SHORT)[0]) == 5
    save_model(loaded, tmp_path / "model")
    save_explainer(started, tmp_path / "model")
    again = load_pipeline(tmp_path / "model").explainer.model.language_model
    assert type(again) is GPT2LMHeadModel


def test_a_folder_without_a_language_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no causal language model"):
        load_language_model(tmp_path)
