"""Stage 2's own promises: any language model, in batches, trained if not frozen."""

from pathlib import Path

import pytest
import torch
from transformers import GPT2Config, LlamaConfig, OPTConfig, PreTrainedConfig

from modelops.explaining.configuration import MintIQAExplainerConfig, explainer_preset_config
from modelops.explaining.model import GREEDY, Decoding, MintIQAExplainer, Tokens
from modelops.predictors.mint.configuration import MintIQAConfig
from modelops.predictors.mint.conversion import in_evaluation_mode
from tests.modelops.explaining.cases import Case, alone, answers_one_by_one, encode

LANGUAGES: dict[str, PreTrainedConfig] = {
    "llama": LlamaConfig(
        vocab_size=40,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        pad_token_id=39,
        initializer_range=0.5,
    ),
    # Positions that are learnt, and output weights that are the input's.
    "gpt2": GPT2Config(
        vocab_size=40,
        n_embd=16,
        n_layer=2,
        n_head=2,
        n_positions=64,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=39,
        initializer_range=0.5,
    ),
    # Positions that it counts from the mask.
    "opt": OPTConfig(
        vocab_size=40,
        hidden_size=16,
        word_embed_proj_dim=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        ffn_dim=24,
        max_position_embeddings=64,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=39,
        init_std=0.5,
    ),
}

GREEDY_OF_TWENTY = Decoding(max_new_tokens=20, num_beams=1, repetition_penalty=1.0)
DECODINGS = [
    GREEDY_OF_TWENTY,
    Decoding(max_new_tokens=20, num_beams=1),
    Decoding(max_new_tokens=20, num_beams=4, length_penalty=2.0),
]


@pytest.fixture(params=LANGUAGES)
def explainer(request: pytest.FixtureRequest, small_config: MintIQAConfig) -> MintIQAExplainer:
    torch.manual_seed(3)
    config = MintIQAExplainerConfig.of(small_config, LANGUAGES[request.param])
    return in_evaluation_mode(MintIQAExplainer(config))


@pytest.fixture
def case() -> Case:
    """Three rows; questions and instructions of different lengths, padded at the end."""
    draw = torch.Generator().manual_seed(5)

    def text(lengths: list[int], vocabulary: int, padding: int) -> Tokens:
        mask = torch.tensor([[int(n < length) for n in range(max(lengths))] for length in lengths])
        ids = torch.randint(5, vocabulary, mask.shape, generator=draw)
        return Tokens(ids.masked_fill(mask == 0, padding), mask)

    return Case(
        torch.randn(3, 3, 28, 28, generator=draw),
        torch.randn(3, 4, 12, generator=draw),
        text([4, 6, 5], 2048, 0),
        text([2, 5, 3], 39, 39),
        text([6, 3, 5], 39, 39),
    )


def greedy_without_cache(model: MintIQAExplainer, case: Case, row: int, steps: int) -> list[int]:
    """The whole sequence again for every token."""
    one = slice(row, row + 1)
    language = model.language_model
    with torch.inference_mode():
        seen = model.language_projection(encode(model, case)[one])
        ids = alone(case.instruction, row).ids
        start = ids.shape[1]
        while ids.shape[1] < start + steps:
            embeds = torch.cat([seen, language.get_input_embeddings()(ids)], dim=1)
            likeliest = language(inputs_embeds=embeds).logits[:, -1].argmax(dim=-1)
            ids = torch.cat([ids, likeliest[:, None]], dim=1)
            if int(likeliest) == model.config.language_config.eos_token_id:
                break
    found: list[int] = ids[0, start:].tolist()
    return found


def test_greedy_takes_the_likeliest_token_of_the_whole_sequence_at_each_place(
    explainer: MintIQAExplainer, case: Case
) -> None:
    found = explainer.generate(encode(explainer, case), case.instruction, GREEDY_OF_TWENTY)
    assert found == [greedy_without_cache(explainer, case, row, 20) for row in range(3)]


@pytest.mark.parametrize("decoding", DECODINGS)
def test_an_answer_does_not_depend_on_the_other_rows(
    explainer: MintIQAExplainer, case: Case, decoding: Decoding
) -> None:
    together = explainer.generate(encode(explainer, case), case.instruction, decoding)
    assert together == answers_one_by_one(explainer, case, decoding)


@pytest.mark.parametrize("decoding", DECODINGS)
def test_an_answer_does_not_depend_on_where_keys_are_kept(
    explainer: MintIQAExplainer, case: Case, decoding: Decoding
) -> None:
    queries = encode(explainer, case)
    growing = explainer.generate(queries, case.instruction, decoding, "dynamic")
    assert explainer.generate(queries, case.instruction, decoding, "static") == growing
    # Alone, thus without padding, in tensors that are as long as those before.
    one = (queries[1:2], alone(case.instruction, 1), decoding)
    assert explainer.generate(*one, "static") == growing[1:2]


def test_the_memory_for_keys_is_what_the_library_takes(explainer: MintIQAExplainer) -> None:
    kept = explainer.language_model(torch.ones(1, 7, dtype=torch.int64), use_cache=True)
    layers = kept.past_key_values.layers
    assert explainer.key_bytes(7) == sum(it.keys.nbytes + it.values.nbytes for it in layers)


def test_an_answer_ends_with_the_end_token_and_without_padding(
    explainer: MintIQAExplainer, case: Case
) -> None:
    end = 2
    with torch.no_grad():
        queries = encode(explainer, case).repeat(8, 1, 1) + torch.randn(24, 4, 12)
    instruction = Tokens(case.instruction.ids.repeat(8, 1), case.instruction.mask.repeat(8, 1))
    found = explainer.generate(queries, instruction, Decoding(max_new_tokens=30, num_beams=3))
    ended = [ids for ids in found if len(ids) < 30]
    assert ended
    assert all(ids.index(end) == len(ids) - 1 for ids in ended)


def test_greedy_is_one_beam_without_a_penalty() -> None:
    assert (GREEDY.num_beams, GREEDY.repetition_penalty) == (1, 1.0)
    assert Decoding() == Decoding(255, 5, 1.5, 1.0)  # generate() in MINT_Qformers.py


def hand_loss(model: MintIQAExplainer, case: Case) -> float:
    """Row by row without padding; the mean is over all tokens of all answers but [PAD]."""
    losses = []
    seen = model.language_projection(encode(model, case))
    for row in range(len(case.pixels)):
        asked, said = alone(case.instruction, row).ids, alone(case.answer, row).ids[:, 1:]
        words = model.language_model.get_input_embeddings()(torch.cat([asked, said], dim=1))
        embeds = torch.cat([seen[row : row + 1], words], dim=1)
        scores = model.language_model(inputs_embeds=embeds).logits[0].log_softmax(dim=-1)
        first = embeds.shape[1] - said.shape[1]
        losses += [
            -scores[first + n - 1, token] for n, token in enumerate(said[0].tolist()) if token != 39
        ]
    return float(torch.stack(losses).mean())


def test_only_the_answer_s_tokens_carry_loss(explainer: MintIQAExplainer, case: Case) -> None:
    with torch.no_grad():
        found = explainer(*case).loss
        assert float(found) == pytest.approx(hand_loss(explainer, case), abs=1e-5)


def test_a_padding_token_within_an_answer_carries_none(
    explainer: MintIQAExplainer, case: Case
) -> None:
    """MINT_Qformers.py masks labels by the token's id, whatever the mask says."""
    case.answer.ids[0, 2] = 39
    with torch.no_grad():
        found = explainer(*case).loss
        assert float(found) == pytest.approx(hand_loss(explainer, case), abs=1e-5)


def test_one_look_at_an_image_serves_several_questions(
    explainer: MintIQAExplainer, case: Case
) -> None:
    with torch.inference_mode():
        vision_embeds = explainer.encode_images(case.pixels[:1]).expand(3, -1, -1)
        together = explainer.encode_questions(vision_embeds, case.score_queries, case.question)
    same_image = case._replace(pixels=case.pixels[:1].expand(3, -1, -1, -1))
    torch.testing.assert_close(together, encode(explainer, same_image), atol=1e-6, rtol=0)


def test_without_an_answer_there_is_no_loss(explainer: MintIQAExplainer, case: Case) -> None:
    found = explainer(case.pixels, case.score_queries, case.question)
    assert found.loss is None
    assert found.query_embeds.shape == (3, 4, 12)


def test_an_untrained_model_does_not_see_stage_1(explainer: MintIQAExplainer, case: Case) -> None:
    other = case._replace(score_queries=-case.score_queries)
    assert torch.equal(encode(explainer, case), encode(explainer, other))
    torch.nn.init.ones_(explainer.zero_convolution.weight)
    assert not torch.allclose(encode(explainer, case), encode(explainer, other))


def test_the_zero_convolution_mixes_queries_at_every_feature_alike(
    explainer: MintIQAExplainer, case: Case
) -> None:
    """Conv1d of kernel 1 over (B, Q, Dq) is W (Q, Q) times the queries, plus b by query."""
    weight, bias = explainer.zero_convolution.parameters()
    torch.nn.init.normal_(weight)
    torch.nn.init.normal_(bias)
    mixed = torch.einsum("oq,bqd->bod", weight[:, :, 0], case.score_queries)
    expected = mixed + bias[None, :, None]
    found = explainer.zero_convolution(case.score_queries)
    torch.testing.assert_close(found, expected)


def test_gradients_reach_all_that_is_not_frozen(explainer: MintIQAExplainer, case: Case) -> None:
    explainer(*case).loss.backward()
    for name, parameter in explainer.named_parameters():
        frozen = name.startswith(("language_model.", "vision_model."))
        frozen = frozen and not name.startswith("vision_model.post_layernorm.")
        assert parameter.requires_grad is not frozen, name
        assert (parameter.grad is None) is frozen, name
    for part in (explainer.zero_convolution, explainer.language_projection, explainer.qformer):
        assert all(row.grad is not None and row.grad.any() for row in list(part.parameters())[:2])


def test_what_is_frozen_is_never_in_training_mode(explainer: MintIQAExplainer) -> None:
    explainer.train()
    assert explainer.qformer.training
    assert not explainer.language_model.training
    assert not explainer.vision_model.training
    explainer.train(False)
    assert not explainer.qformer.training


def test_a_saved_model_answers_as_before(
    explainer: MintIQAExplainer, case: Case, tmp_path: Path
) -> None:
    explainer.save_pretrained(tmp_path)
    again = in_evaluation_mode(MintIQAExplainer.from_pretrained(tmp_path))
    assert type(again.config.language_config) is type(explainer.config.language_config)
    saved = explainer.state_dict()
    assert all(torch.equal(tensor, saved[name]) for name, tensor in again.state_dict().items())
    before = explainer.generate(encode(explainer, case), case.instruction, GREEDY_OF_TWENTY)
    assert again.generate(encode(again, case), case.instruction, GREEDY_OF_TWENTY) == before


def test_the_tiny_preset_answers() -> None:
    torch.manual_seed(0)
    config = explainer_preset_config("tiny")
    model = in_evaluation_mode(MintIQAExplainer(config))
    text = Tokens(torch.tensor([[2, 60, 3]]), torch.ones(1, 3, dtype=torch.int64))
    queries = torch.zeros(1, config.num_query_tokens, config.embedding_size)
    case = Case(torch.zeros(1, 3, 112, 112), queries, text, text, text)
    assert len(model.generate(encode(model, case), text, Decoding(max_new_tokens=5))[0]) <= 5
