"""The whole way of stage 2, on small random weights: saved, loaded, and asked."""

from pathlib import Path

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedModel

from modelops.mint import (
    Answerer,
    CheckpointError,
    Decoding,
    LoadedModel,
    Speech,
    Tokens,
    load_answerer,
    load_language_model,
    save_model,
    save_speech,
    start_speech,
    tiny_language_model,
    tiny_language_tokenizer,
)

QUESTIONS = ["What is the quality of the image?", "Assess the image."]
SHORT = Decoding(max_new_tokens=6, num_beams=1, repetition_penalty=1.0)


@pytest.fixture
def speech(loaded: LoadedModel) -> Speech:
    started = start_speech(loaded, tiny_language_model(1), tiny_language_tokenizer(QUESTIONS))
    torch.manual_seed(2)
    for parameter in (started.model.language_projection.weight, started.model.query_tokens):
        torch.nn.init.normal_(parameter)
    return started


def test_it_starts_from_stage_one_with_the_way_from_there_closed(loaded: LoadedModel) -> None:
    language = tiny_language_model(1)
    started = start_speech(loaded, language, tiny_language_tokenizer(QUESTIONS)).model
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
    loaded: LoadedModel, speech: Speech, image_files: list[Path]
) -> None:
    answerer = Answerer(loaded, speech)
    prompts = [f"prompt {number}" for number in range(len(image_files))]
    together = answerer.answer(loaded.processor(image_files, prompts), QUESTIONS, SHORT)
    assert [len(column) for column in together] == [5, 5]
    for row, (image, prompt) in enumerate(zip(image_files, prompts, strict=True)):
        for column, question in zip(together, QUESTIONS, strict=True):
            alone = answerer.answer(loaded.processor([image], [prompt]), [question], SHORT)
            assert alone == [[column[row]]]


def test_an_answer_is_what_the_parts_give_one_after_the_other(
    loaded: LoadedModel, speech: Speech, image_files: list[Path]
) -> None:
    inputs = loaded.processor(image_files[:1], ["a red circle"])
    with torch.inference_mode():
        queries = loaded.model(*inputs).query_embeds
        vision = speech.model.encode_images(inputs.pixel_values)
        asked = Tokens(*speech.questions(QUESTIONS[:1]))
        embeds = speech.model.encode_questions(vision, queries, asked)
        told = speech.language.questions(QUESTIONS[:1])
        ids = speech.model.generate(embeds, told, SHORT)
    found = Answerer(loaded, speech).answer(inputs, QUESTIONS[:1], SHORT)
    assert found == [speech.language.decode(ids)]


def test_both_stages_are_saved_and_loaded(
    loaded: LoadedModel, speech: Speech, image_files: list[Path], tmp_path: Path
) -> None:
    save_model(loaded, tmp_path / "model")
    save_speech(speech, tmp_path / "model")
    inputs = loaded.processor(image_files, ["prompt"] * 5)
    before = Answerer(loaded, speech).answer(inputs, QUESTIONS, SHORT)
    again = load_answerer(tmp_path / "model")
    assert again.answer(inputs, QUESTIONS, SHORT) == before
    assert again.speech.model.language_model.config.vocab_size == 1024


def test_a_changed_file_is_named(loaded: LoadedModel, speech: Speech, tmp_path: Path) -> None:
    save_model(loaded, tmp_path / "model")
    save_speech(speech, tmp_path / "model")
    words = tmp_path / "model" / "explanations" / "language" / "tokenizer.json"
    words.write_text(words.read_text() + " ")
    with pytest.raises(CheckpointError, match=r"language/tokenizer.json is not what was saved"):
        load_answerer(tmp_path / "model")


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
    started = start_speech(loaded, *load_language_model(tmp_path))
    assert started.model.config.language_config.model_type == "gpt2"
    inputs = loaded.processor(image_files, ["prompt"] * 5)
    assert len(Answerer(loaded, started).answer(inputs, QUESTIONS[:1], SHORT)[0]) == 5
    save_model(loaded, tmp_path / "model")
    save_speech(started, tmp_path / "model")
    again = load_answerer(tmp_path / "model").speech.model.language_model
    assert type(again) is GPT2LMHeadModel


def test_a_folder_without_a_language_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no causal language model"):
        load_language_model(tmp_path)
