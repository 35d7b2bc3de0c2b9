"""Gradients in little memory are the same gradients."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig

from modelops.explaining import training
from modelops.explaining.checkpoint import Explainer, start_explainer
from modelops.explaining.gradients import Gradients, recomputed
from modelops.explaining.tiny_language import tiny_language_model, tiny_language_tokenizer
from modelops.explaining.training import Example, ExplanationRecipe, Seen, train_explainer
from modelops.predictors.hardware import DeviceError
from modelops.predictors.mint.checkpoint import load_model

QUESTION = "What is the quality of the image?"
SAID = ("It is sharp.", "One hand has six fingers, and its colours are true.", "It is dark.")
EXAMPLES = [Example(row, QUESTION, SAID[: row + 1]) for row in range(3)]


@pytest.fixture(scope="module")
def untrained() -> Explainer:
    language = tiny_language_tokenizer([QUESTION, *SAID])
    started = start_explainer(load_model("tiny"), tiny_language_model(1), language)
    torch.manual_seed(2)
    torch.nn.init.normal_(started.model.zero_convolution.weight)
    started.model.train()
    return started


@pytest.fixture(scope="module")
def seen(untrained: Explainer) -> Seen:
    torch.manual_seed(3)
    config = untrained.model.config
    places = untrained.model.vision_model.embeddings.num_positions
    return Seen(
        torch.randn(3, places, config.vision_config.hidden_size).half(),
        torch.randn(3, config.num_query_tokens, config.embedding_size),
        ("one", "two", "three"),
    )


def made(explainer: Explainer, seen: Seen, *, recomputes: bool, parts: int) -> dict[str, Tensor]:
    """The loss and the gradients of all examples."""
    gradients: Gradients[Example] = Gradients(
        explainer.model.language_model,
        lambda batch: training.batch_loss(explainer, seen, batch),
        lambda batch: training._tokens(explainer, batch),
    )
    gradients.recomputes, gradients.parts = recomputes, parts
    loss = gradients(EXAMPLES, 1, lambda: explainer.model.zero_grad(set_to_none=True))
    named = explainer.model.named_parameters()
    found = {name: it.grad.clone() for name, it in named if it.grad is not None}
    return found | {"loss": torch.tensor(loss)}


def test_layers_that_compute_again_give_the_same_gradients(
    untrained: Explainer, seen: Seen
) -> None:
    plain = made(untrained, seen, recomputes=False, parts=1)
    again = made(untrained, seen, recomputes=True, parts=1)
    assert plain.keys() == again.keys()
    assert len(plain) > 20
    assert all(torch.equal(it, again[name]) for name, it in plain.items())


def test_a_batch_in_parts_gives_the_same_gradients(untrained: Explainer, seen: Seen) -> None:
    untrained.model.train(False)  # parts draw their dropout one after the other
    whole = made(untrained, seen, recomputes=False, parts=1)
    parts = made(untrained, seen, recomputes=True, parts=3)
    untrained.model.train()
    for name, expected in whole.items():
        torch.testing.assert_close(parts[name], expected, rtol=1e-4, atol=1e-6, msg=name)


@pytest.mark.parametrize(
    ("config", "least"),
    [
        (LlamaConfig(vocab_size=64, hidden_size=64, intermediate_size=172, num_hidden_layers=8,
                     num_attention_heads=4), 6),
        (GPT2Config(vocab_size=64, n_embd=64, n_layer=8, n_head=4), 6),
    ],
)  # fmt: skip
def test_layers_that_compute_again_keep_little(
    config: LlamaConfig | GPT2Config, least: float
) -> None:
    model = AutoModelForCausalLM.from_config(config).requires_grad_(False)
    model.train(False)
    sizes: dict[bool, int] = {}
    for recomputes in (False, True):
        kept: dict[int, int] = {}

        def keep(tensor: Tensor, kept: dict[int, int] = kept) -> Tensor:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        words = torch.randn(2, 128, 64, requires_grad=True)
        with saved_tensors_hooks(keep, lambda it: it):
            if recomputes:
                with recomputed(model):
                    model(inputs_embeds=words, use_cache=False)
            else:
                model(inputs_embeds=words, use_cache=False)
        weights = {it.untyped_storage().data_ptr() for it in model.parameters()}
        sizes[recomputes] = sum(size for place, size in kept.items() if place not in weights)
    assert sizes[False] > least * sizes[True]
    assert "forward" not in vars(next(iter(model.modules())))


def test_a_full_memory_costs_time_and_no_training(
    untrained: Explainer, seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A memory that holds one example at a time, and that only if layers compute again."""
    tried: list[tuple[bool, int]] = []
    batch_loss = training.batch_loss
    layer = untrained.model.language_model.model.layers[0]

    def short_of_memory(explainer: Explainer, seen: Seen, batch: Sequence[Example]) -> Tensor:
        recomputes = "forward" in vars(layer)
        tried.append((recomputes, len(batch)))
        if not recomputes or len(batch) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return batch_loss(explainer, seen, batch)

    monkeypatch.setattr(training, "batch_loss", short_of_memory)
    ends: list[int] = []
    recipe = ExplanationRecipe(epochs=2, batch_size=3, learning_rate=1e-4)
    train_explainer(
        untrained, seen, EXAMPLES, recipe, tmp_path / "kept", lambda done, _all: ends.append(done)
    )
    assert ends == [1, 2]
    # Found out once: then each step takes what the first one needed.
    assert tried == [(False, 3), (True, 3), (True, 1), (True, 2), *[(True, 1)] * 6]
    monkeypatch.setattr(training, "batch_loss", full)
    with pytest.raises(DeviceError, match="too small for the answers about one image"):
        train_explainer(untrained, seen, EXAMPLES, recipe, tmp_path / "other", lambda *_: None)


def full(*_given: object) -> Tensor:
    raise torch.OutOfMemoryError("CUDA out of memory")
