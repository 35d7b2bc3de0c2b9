"""Stage 2 learns to say what is in an image, on weights so small that it takes seconds."""

import copy
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from annotation.protocol.aigciqa2023 import default_perspectives
from annotation.protocol.answers import Reason
from annotation.protocol.forms import ExplanationForm, FormField, FormText
from annotation.protocol.perspectives import ALL_TOGETHER
from annotation.protocol.questions import Questions, parse_answer, word_answer
from modelops.explaining.checkpoint import Explainer, save_explainer, start_explainer
from modelops.explaining.model import GREEDY, MintIQAExplainer, Tokens
from modelops.explaining.pipeline import ExplanationPipeline
from modelops.explaining.tiny_language import (
    LanguageRecipe,
    Remarks,
    Steps,
    form_tokenizer,
    make_practice,
    tiny_language_model,
    train_language_model,
)
from modelops.explaining.training import (
    Example,
    ExplanationRecipe,
    Seen,
    batch_loss,
    look,
    train_explainer,
)
from modelops.learning.errors import DivergedError, LearningError
from modelops.predictors.mint.checkpoint import LoadedModel, save_model
from modelops.predictors.mint.processing import MintIQAProcessor, ModelInputs
from modelops.predictors.mint.tokenization import load_tokenizer, train_tiny_tokenizer
from tests.modelops.explaining.cases import load_pipeline
from tests.modelops.predictors.mint.fine_tuning.models import small_model

FORM = ExplanationForm(
    (FormField("colour", "quality", "Colour", ("much too dark", "quite bright")),),
    (FormText("quality", "Why?", "colour", at_most=1),),
)
QUESTIONS = Questions.of(default_perspectives(), FORM)
QUALITY = QUESTIONS.texts["quality"]
REMARKS = Remarks({"quality": ("no light at all",)})


def ignore(done: int, total: int) -> None:
    """Nobody looks at the progress."""


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    folder = tmp_path_factory.mktemp("words")
    train_tiny_tokenizer(list(QUESTIONS.texts.values()) * 5, folder)
    model = small_model(vocabulary=2048)
    with torch.no_grad():
        # Random weights of the usual size hardly look at the image.
        for parameter in model.vision_model.parameters():
            parameter.mul_(5)
    return LoadedModel(model, MintIQAProcessor(load_tokenizer(folder, model.config), 28))


@pytest.fixture(scope="module")
def explainer(scores: LoadedModel) -> Explainer:
    """A language model that has learnt to word notes, before an untrained stage 2."""
    tokenizer = form_tokenizer(QUESTIONS, REMARKS)
    language = tiny_language_model(1)
    recipe = LanguageRecipe(steps=60, batch_size=16, learning_rate=3e-3)
    train_language_model(language, tokenizer, QUESTIONS, REMARKS, recipe, ignore)
    return start_explainer(scores, language, tokenizer)


def pictures(scores: LoadedModel, shades: list[float]) -> ModelInputs:
    """One plain image of each shade."""
    pixels = torch.tensor(shades)[:, None, None, None].expand(-1, 3, 28, 28).contiguous()
    return ModelInputs(pixels, *scores.processor.tokenizer(["prompt"] * len(shades)))


def look_at(scores: LoadedModel, explainer: MintIQAExplainer, shades: list[float]) -> Seen:
    return look(scores, explainer, pictures(scores, shades), [str(shade) for shade in shades])


def reasons(level: int) -> Mapping[str, Reason]:
    return {"quality": Reason({"colour": level})}


def answers(explainer: Explainer, seen: Seen, question: str) -> list[str]:
    words, count = question, len(seen.queries)
    with torch.inference_mode():
        vision = explainer.model.vision_model.post_layernorm(seen.features.float())
        asked = Tokens(*explainer.tokenizer([words] * count))
        embeds = explainer.model.encode_questions(vision, seen.queries, asked)
        return explainer.language.decode(
            explainer.model.generate(embeds, explainer.language.questions([words] * count))
        )


def test_the_language_model_words_the_notes_that_it_is_given(explainer: Explainer) -> None:
    language, tokenizer = explainer.model.language_model, explainer.language
    for level in (1, 2):
        told = tokenizer.questions([FORM.fields[0].phrases[level - 1]]).ids[:, 1:]
        asked = tokenizer.questions([QUALITY]).ids
        ids = torch.cat([told, asked], dim=1)
        written = language.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=20, do_sample=False
        )
        (said,) = tokenizer.decode(written[:, ids.shape[1] :].tolist())
        assert said.startswith(word_answer(QUESTIONS, reasons(level), "quality"))
    assert not any(parameter.requires_grad for parameter in language.parameters())


def test_it_learns_to_say_what_it_sees(
    scores: LoadedModel, explainer: Explainer, tmp_path: Path
) -> None:
    shades = [-1.5 + 0.2 * number for number in range(16)]
    seen = look_at(scores, explainer.model, shades)
    examples = [
        Example(
            row,
            QUESTIONS.texts[question],
            (word_answer(QUESTIONS, reasons(1 + (shade > 0)), question),),
        )
        for row, shade in enumerate(shades)
        for question in ("quality", ALL_TOGETHER)
    ]
    frozen = {k: v.clone() for k, v in explainer.model.language_model.state_dict().items()}
    with torch.no_grad():
        before = float(batch_loss(explainer, seen, examples))
    recipe = ExplanationRecipe(epochs=25, batch_size=8, learning_rate=5e-3)
    train_explainer(explainer, seen, examples, recipe, tmp_path / "kept", ignore)
    with torch.no_grad():
        # What is left is the language model's: it cannot know who makes a remark.
        assert float(batch_loss(explainer, seen, examples)) < before / 2

    # Shades between those that it learnt from.
    unseen = look_at(scores, explainer.model, [-1.2, -0.7, 0.7, 1.2])
    said = [parse_answer(FORM, text).get("colour") for text in answers(explainer, unseen, QUALITY)]
    assert said == [1, 1, 2, 2]
    assert explainer.model.zero_convolution.weight.any()
    after = explainer.model.language_model.state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in frozen.items())


#: Two epochs of two steps.
_SHORT = ExplanationRecipe(epochs=2, batch_size=2, learning_rate=1e-3)


def _short_training(
    scores: LoadedModel,
    explainer: Explainer,
    checkpoint: Path,
    progress: Steps,
    save_seconds: float,
) -> dict[str, torch.Tensor]:
    """The weights after a training that begins as every other one does."""
    seen = look_at(scores, explainer.model, [-1.0, 0.0, 1.0])
    examples = [Example(row, QUALITY, ("The colour is quite bright.",)) for row in range(3)]
    started = start_explainer(scores, explainer.model.language_model, explainer.language)
    torch.nn.init.constant_(started.model.language_projection.weight, 0.01)
    train_explainer(started, seen, examples, _SHORT, checkpoint, progress, save_seconds)
    return started.model.state_dict()


def test_the_same_seed_trains_the_same_weights(
    scores: LoadedModel, explainer: Explainer, tmp_path: Path
) -> None:
    one, two = (
        _short_training(scores, explainer, tmp_path / name, ignore, 600) for name in ("one", "two")
    )
    assert all(torch.equal(tensor, two[name]) for name, tensor in one.items())


def test_what_is_frozen_may_be_half_as_wide(
    scores: LoadedModel, explainer: Explainer, tmp_path: Path
) -> None:
    language = copy.deepcopy(explainer.model.language_model)
    started = start_explainer(scores, language, explainer.language)
    model = started.model
    model.load_state_dict(explainer.model.state_dict())
    model.to(torch.bfloat16)  # type: ignore[arg-type]  # transformers leaves it untyped
    frozen = {name: w.clone() for name, w in model.named_parameters() if not w.requires_grad}
    seen = look_at(scores, model, [-1.0, 1.0])
    examples = [Example(row, QUALITY, ("The colour is quite bright.",)) for row in range(2)]
    with torch.no_grad():
        before = float(batch_loss(started, seen, examples))
    recipe = ExplanationRecipe(epochs=10, batch_size=2, learning_rate=1e-3)
    train_explainer(started, seen, examples, recipe, tmp_path / "kept", ignore)
    with torch.no_grad():
        assert float(batch_loss(started, seen, examples)) < before
    widths = {name: item.dtype for name, item in model.named_parameters()}
    assert {widths[name] for name in widths.keys() - frozen.keys()} == {torch.float32}
    assert all(torch.equal(item, model.get_parameter(name)) for name, item in frozen.items())
    # It answers as it is, and saved in these widths and loaded in one.
    inputs, brief = pictures(scores, [-1.0, 1.0]), replace(GREEDY, max_new_tokens=8)
    as_it_is = ExplanationPipeline(scores, started).answer(inputs, [QUALITY], brief)
    save_model(scores, tmp_path / "model")
    save_explainer(started, tmp_path / "model")
    loaded = load_pipeline(tmp_path / "model", dtype=torch.bfloat16)
    # And it learns on, saving after each step.
    train_explainer(loaded.explainer, seen, examples, recipe, tmp_path / "on", ignore, 0)
    on = dict(loaded.explainer.model.named_parameters())
    assert all(torch.equal(item, on[name]) for name, item in frozen.items())
    assert len(as_it_is[0]) == len(loaded.answer(inputs, [QUALITY], brief)[0]) == 2


@pytest.mark.parametrize("last", [1, 2, 3, 4])
@pytest.mark.parametrize("save_seconds", [0, 600])
def test_a_training_that_breaks_off_continues_to_the_same_weights(
    scores: LoadedModel, explainer: Explainer, tmp_path: Path, last: int, save_seconds: float
) -> None:
    class BrokenOffError(Exception):
        pass

    told: list[int] = []

    def break_off(done: int, total: int) -> None:
        told.append(done)
        if done == last:
            raise BrokenOffError

    whole = _short_training(scores, explainer, tmp_path / "whole", ignore, save_seconds)
    with pytest.raises(BrokenOffError):
        _short_training(scores, explainer, tmp_path / "kept", break_off, save_seconds)
    again = _short_training(
        scores, explainer, tmp_path / "kept", lambda done, total: told.append(done), save_seconds
    )
    assert all(torch.equal(tensor, whole[name]) for name, tensor in again.items())
    # What was saved is not done again: every step before the last one, or the first epoch.
    saved = last - 1 if save_seconds == 0 else 2 if last > 2 else 0
    assert told == [*range(1, last + 1), *range(saved + 1, 5)]


def test_a_checkpoint_knows_its_images_by_their_names_and_not_by_how_they_look(
    scores: LoadedModel, explainer: Explainer, tmp_path: Path
) -> None:
    seen = look_at(scores, explainer.model, [-1.0, 1.0])
    examples = [Example(row, QUALITY, ("The colour is quite bright.",)) for row in range(2)]
    recipe = ExplanationRecipe(epochs=1, batch_size=2, learning_rate=1e-3)

    def steps(seen: Seen) -> int:
        started = start_explainer(scores, explainer.model.language_model, explainer.language)
        torch.nn.init.constant_(started.model.language_projection.weight, 0.01)
        torch.nn.init.zeros_(started.model.language_projection.bias)
        told: list[int] = []
        train_explainer(
            started, seen, examples, recipe, tmp_path / "kept", lambda *done: told.append(done[0])
        )
        return len(told)

    assert steps(seen) == 1
    # Another process, or another GPU, may find other last bits.
    assert steps(replace(seen, queries=seen.queries * (1 + 2**-22))) == 0
    assert steps(replace(seen, images=("-1.0", "others"))) == 1


def test_a_loss_that_is_no_number_is_named(
    scores: LoadedModel, explainer: Explainer, tmp_path: Path
) -> None:
    seen = look_at(scores, explainer.model, [0.0])
    seen = replace(seen, features=torch.full_like(seen.features, torch.nan))
    examples = [Example(0, QUALITY, ("The colour is quite bright.",))]
    with pytest.raises(DivergedError, match="loss is nan at step 1"):
        train_explainer(explainer, seen, examples, _SHORT, tmp_path / "kept", ignore)


def test_the_loss_is_that_of_the_whole_model(scores: LoadedModel, explainer: Explainer) -> None:
    """Features that were kept, and an image looked at once for two answers, change nothing."""
    seen = look_at(scores, explainer.model, [-1.0, 1.0])
    texts = ("The colour is much too dark.", "The colour is quite bright.")
    with torch.no_grad():
        found = batch_loss(explainer, seen, [Example(1, QUALITY, texts)])
        words = [QUALITY] * 2
        twice = pictures(scores, [1.0, 1.0])
        expected = explainer.model(
            twice.pixel_values,
            scores.model(*twice).query_embeds,
            Tokens(*explainer.tokenizer(words)),
            explainer.language.questions(words),
            explainer.language.answers(texts),
        ).loss
    # Features are kept in half precision.
    assert float(found) == pytest.approx(float(expected), abs=2e-3)


def test_nothing_to_learn_from_is_named(explainer: Explainer, tmp_path: Path) -> None:
    nothing = Seen(torch.empty(0, 5, 16), torch.empty(0, 4, 12), ())
    with pytest.raises(LearningError, match="has a reason that counts"):
        train_explainer(explainer, nothing, [], _SHORT, tmp_path / "kept", ignore)


def test_practice_is_drawn_evenly_and_says_what_its_notes_say() -> None:
    draw = random.Random(3)
    levels = []
    for _number in range(200):
        practice = make_practice(QUESTIONS, REMARKS, draw)
        dark = "much too dark" in practice.notes
        levels.append(dark)
        # A remark is only made if the form asks for one.
        assert ("no light at all" in practice.notes) == dark
        if practice.pair.question in ("quality", ALL_TOGETHER):
            assert ("much too dark" in practice.pair.answer) == dark
    # 200 draws of a fair coin: 100 ± 3.3 standard deviations of 7.1.
    assert 77 <= sum(levels) <= 123
