"""Stage 2 from the released code's weights: its own outputs, and strict loading."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from modelops.explaining.checkpoint import load_explainer_model
from modelops.explaining.configuration import explainer_config_from_sizes, explainer_preset_config
from modelops.explaining.conversion import STAGES, load_official_explainer
from modelops.explaining.model import Decoding, MintIQAExplainer, Tokens
from modelops.predictors.errors import CheckpointError
from modelops.predictors.mint.conversion import load_official
from modelops.predictors.mint.released import convert_released
from tests.modelops.explaining.cases import Case, answers_one_by_one, encode
from tests.modelops.predictors.mint.released import golden_checkpoint, write_sizes, write_tokenizer
from tests.shared_data import require_shared

SIZES = ("nano", "micro")
#: The golden answers were cut at twelve ids, the begin token among them.
GOLDEN_GREEDY = Decoding(max_new_tokens=11, num_beams=1, repetition_penalty=1.0)
GOLDEN_BEAMS = Decoding(max_new_tokens=11)


def golden_case(size: str) -> tuple[Case, dict[str, Tensor]]:
    folder = require_shared(f"golden/mint/{size}")
    given = load_file(folder / "inputs.safetensors")
    texts = [
        Tokens(given[f"{name}_ids"], given[f"{name}_mask"])
        for name in ("question", "llm_input", "llm_output")
    ]
    with torch.inference_mode():
        scored = load_official(folder)(given["image"], given["text_ids"], given["text_mask"])
    case = Case(given["image"], scored.query_embeds, *texts)
    return case, load_file(folder / "expected.safetensors")


def golden_model(size: str, source: str, folder: Path) -> MintIQAExplainer:
    if source == "official":
        return load_official_explainer(require_shared(f"golden/mint/{size}"))
    weights, sizes = golden_checkpoint(size)
    torch.save(weights, folder / "mint.pt")
    stated, words = write_sizes(folder, sizes), write_tokenizer(folder / "words")
    convert_released(folder / "mint.pt", folder / "out", STAGES, sizes=stated, tokenizer=words)
    return load_explainer_model(folder / "out")


def golden_answers(expected: dict[str, Tensor], kind: str, rows: int) -> list[list[int]]:
    """The ids after the begin token."""
    return [expected[f"generated_{kind}_{row}"].tolist()[1:] for row in range(rows)]


@pytest.mark.parametrize("source", ["official", "converted"])
@pytest.mark.parametrize("size", SIZES)
def test_queries_loss_and_greedy_answers_are_those_of_the_released_code(
    size: str, source: str, tmp_path: Path
) -> None:
    model = golden_model(size, source, tmp_path)
    case, expected = golden_case(size)
    with torch.inference_mode():
        found = model(*case)
    wanted = expected["explanation_query_embeds"]
    assert found.query_embeds.shape == wanted.shape
    assert float((found.query_embeds - wanted).abs().max()) <= 1e-5
    assert float((found.loss - expected["explanation_loss"]).abs().max()) <= 1e-4
    answers = answers_one_by_one(model, case, GOLDEN_GREEDY)
    assert answers == golden_answers(expected, "greedy", len(case.pixels))


@pytest.mark.parametrize("decoding", [GOLDEN_GREEDY, GOLDEN_BEAMS])
@pytest.mark.parametrize("size", SIZES)
def test_a_golden_batch_is_answered_as_its_images_one_by_one(size: str, decoding: Decoding) -> None:
    model = load_official_explainer(require_shared(f"golden/mint/{size}"))
    case, _ = golden_case(size)
    together = model.generate(encode(model, case), case.instruction, decoding)
    assert together == answers_one_by_one(model, case, decoding)


def test_beams_with_a_repetition_penalty_are_those_of_the_released_code() -> None:
    """If no beam ends early: otherwise the library now counts an answer's length differently."""
    model = load_official_explainer(require_shared("golden/mint/nano"))
    case, expected = golden_case("nano")
    found = model.generate(encode(model, case), case.instruction, GOLDEN_BEAMS)
    assert found == golden_answers(expected, "beam5", len(case.pixels))


@pytest.fixture
def converted(tmp_path: Path) -> Path:
    golden_model("nano", "converted", tmp_path)
    return tmp_path / "out"


def test_stage_2_in_half_precision_takes_queries_of_stage_1_in_full(converted: Path) -> None:
    model = load_explainer_model(converted, dtype=torch.bfloat16)
    assert {tensor.dtype for tensor in model.state_dict().values()} == {torch.bfloat16}
    case, expected = golden_case("nano")
    with torch.inference_mode():
        found = model(case.pixels.bfloat16(), *case[1:])
    # Eight bits of mantissa, through four layers.
    assert float((found.query_embeds - expected["explanation_query_embeds"]).abs().max()) < 0.1
    assert len(model.generate(found.query_embeds, case.instruction, GOLDEN_GREEDY)) == 3


def change(converted: Path, removed: str | None, **added: Tensor) -> None:
    path = converted / "explanations" / "model.safetensors"
    weights = load_file(path) | added
    if removed:
        del weights[removed]
    save_file(weights, path, metadata={"format": "pt"})
    (converted / "explanations" / "manifest.json").unlink()


def test_a_missing_name_is_listed_on_loading(converted: Path) -> None:
    change(converted, "zero_convolution.weight")
    with pytest.raises(CheckpointError, match=r"missing_keys.*zero_convolution\.weight"):
        load_explainer_model(converted)


def test_a_name_too_many_is_listed_on_loading(converted: Path) -> None:
    change(converted, None, stray=torch.zeros(1))
    with pytest.raises(CheckpointError, match=r"unexpected_keys.*stray"):
        load_explainer_model(converted)


def test_a_tensor_of_another_shape_is_listed_on_loading(converted: Path) -> None:
    change(converted, None, query_tokens=torch.zeros(1, 5, 24))
    with pytest.raises(CheckpointError, match=r"mismatched_keys.*query_tokens"):
        load_explainer_model(converted)


def test_weights_that_were_changed_since_are_refused(converted: Path) -> None:
    path = converted / "explanations" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(CheckpointError, match="checksum differs"):
        load_explainer_model(converted)


def test_a_model_without_explanations_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"holds no explanations/model\.safetensors"):
        load_explainer_model(tmp_path)


def test_the_published_preset_is_what_the_released_sizes_describe() -> None:
    sizes = json.loads(require_shared("golden/mint/full_config.json").read_text())
    released, preset = explainer_config_from_sizes(sizes), explainer_preset_config("vit-g")
    preset.bos_token = None  # of the tokenizer, which the sizes do not speak of
    assert preset.to_dict() == released.to_dict()
