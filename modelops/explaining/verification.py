"""Compares both stages with outputs that the released code wrote.

A folder to verify holds `config.json` (sizes), `official_state_dict.safetensors` (weights under the
released names), `inputs.safetensors` and `expected.safetensors`. The weights are converted by the
names of `conversion`, as `convert_released` does, but in memory: what is verified needs no
tokenizer, and no disk for a second copy.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ..predictors.errors import VerificationError
from ..predictors.mint.configuration import PERSPECTIVES
from ..predictors.mint.conversion import OFFICIAL, load_official
from ..predictors.mint.released_sizes import CONFIG, read_sizes
from ..predictors.mint.streaming import WeightReader
from .configuration import MintIQAExplainerConfig, explainer_config_from_sizes
from .conversion import load_official_explainer
from .model import Decoding, MintIQAExplainer, Tokens

INPUTS, EXPECTED = "inputs.safetensors", "expected.safetensors"
FILES = (CONFIG, OFFICIAL, INPUTS, EXPECTED)

#: The texts of an input file, each with `_ids` and `_mask`: the image's prompt and the question in
#: the Q-Former's tokens, then the question and its answer in the language model's.
TEXTS = ("text", "question", "llm_input", "llm_output")

#: Largest absolute differences that are allowed; those of embeddings follow from their scale.
TOLERANCES = {
    "vision_embeds": 2e-4,
    "query_embeds": 1e-5,
    **dict.fromkeys(PERSPECTIVES, 1e-5),
    "explanation_query_embeds": 1e-5,
    "explanation_loss": 1e-4,
}
#: `generated_greedy_0` and so on for each image: the begin token, then the answer.
_GENERATED = re.compile(r"generated_(greedy|beam5)_(\d+)")


@dataclass(frozen=True)
class Check:
    """One expected tensor compared with ours.

    difference: largest absolute difference; for generated answers, how many ids differ.
    tolerance: how large it may be; None if it is only reported.
    problem: why the two cannot be compared (then `difference` is infinite), or empty.
    """

    name: str
    difference: float
    tolerance: float | None
    problem: str = ""

    @property
    def counts_ids(self) -> bool:
        """Whether `difference` is a number of ids."""
        return _GENERATED.fullmatch(self.name) is not None

    @property
    def passed(self) -> bool:
        """False for a difference that is not a number."""
        return self.tolerance is None or self.difference <= self.tolerance


@dataclass(frozen=True)
class Reference:
    """What the files of a folder hold, all names known and none missing."""

    folder: Path
    inputs: Mapping[str, Tensor]
    expected: Mapping[str, Tensor]

    @property
    def pixels(self) -> Tensor:
        return self.inputs["image"]  # (B, 3, S, S)

    def text(self, name: str) -> Tokens:
        return Tokens(self.inputs[f"{name}_ids"].long(), self.inputs[f"{name}_mask"].long())


@torch.inference_mode()
def verify_folder(folder: str | Path) -> list[Check]:
    """Runs both stages in float32 on the processor; one check for each expected tensor.

    Raises VerificationError if a file or tensor is missing, unexpected, or does not fit;
    CheckpointError if the weights do not have these sizes.
    """
    reference = read_reference(Path(folder))
    found = _scores(reference)
    explainer = load_official_explainer(folder)
    with _named(reference.folder):
        queries = found["query_embeds"]
        texts = [reference.text(name) for name in TEXTS[1:]]
        explained = explainer(reference.pixels, queries, *texts)
    found["explanation_query_embeds"] = explained.query_embeds
    found["explanation_loss"] = explained.loss.reshape(1)
    checks = [
        _compare(name, found[name], reference.expected[name], tolerance)
        for name, tolerance in TOLERANCES.items()
    ]
    return checks + _generated_checks(explainer, reference, queries)


def read_reference(folder: Path) -> Reference:
    """The folder's files. Raises VerificationError."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if not folder.is_dir():
        raise VerificationError(f"{folder} is not a folder; give one with {', '.join(FILES)}")
    if missing:
        raise VerificationError(
            f"{folder} holds no {', '.join(missing)}; give a folder with {', '.join(FILES)}"
        )
    inputs, expected = _tensors(folder / INPUTS), _tensors(folder / EXPECTED)
    _check_names(
        folder / INPUTS,
        inputs,
        ["image", *(f"{text}_{part}" for text in TEXTS for part in Tokens._fields)],
    )
    sizes = explainer_config_from_sizes(read_sizes(folder / CONFIG))
    problems = list(_misfits(inputs, sizes))
    if problems:
        raise VerificationError(
            f"{folder / INPUTS} does not fit the model that {CONFIG} describes: "
            f"{'; '.join(problems)}; give the tensors and the sizes of one run"
        )
    # As many as were generated: that takes the released code the longest.
    images = range(len(inputs["image"]))
    generated = [f"generated_{kind}_{it}" for kind in ("greedy", "beam5") for it in images]
    _check_names(folder / EXPECTED, expected, list(TOLERANCES), optional=generated)
    return Reference(folder, inputs, expected)


def _misfits(inputs: Mapping[str, Tensor], sizes: MintIQAExplainerConfig) -> Iterator[str]:
    """What a model of these sizes cannot take, by name."""
    image, side = inputs["image"], sizes.image_size
    if image.ndim != 4 or image.shape[1:] != (3, side, side) or not len(image):
        yield f"image is {tuple(image.shape)}, not (B, 3, {side}, {side}) with B from 1"
        return
    qformer, words = sizes.qformer_config, sizes.language_config.vocab_size
    for text in TEXTS:
        ids, mask = inputs[f"{text}_ids"], inputs[f"{text}_mask"]
        if ids.ndim != 2 or len(ids) != len(image) or not ids.numel() or mask.shape != ids.shape:
            yield (
                f"{text}_ids and {text}_mask are {tuple(ids.shape)} and {tuple(mask.shape)}, "
                f"not both ({len(image)}, L) with L from 1"
            )
            continue
        most = words if text.startswith("llm") else qformer.vocab_size
        if ids.is_floating_point() or ids.min() < 0 or ids.max() >= most:
            yield f"{text}_ids are not whole numbers from 0 to {most - 1}"
        if not text.startswith("llm") and ids.shape[1] > qformer.max_position_embeddings:
            yield f"{text}_ids are longer than {qformer.max_position_embeddings} positions"


def _tensors(path: Path) -> dict[str, Tensor]:
    reader = WeightReader(path)
    return {name: reader(name) for name in reader.shapes}


def _check_names(
    path: Path, found: Mapping[str, Tensor], wanted: Sequence[str], optional: Sequence[str] = ()
) -> None:
    missing = [name for name in wanted if name not in found]
    unexpected = [name for name in found if name not in {*wanted, *optional}]
    problems = []
    if missing:
        problems.append(f"lacks {', '.join(missing)}")
    if unexpected:
        problems.append(f"holds {', '.join(sorted(unexpected))}, which is not known here")
    if problems:
        raise VerificationError(
            f"{path} {' and '.join(problems)}; give the tensors of the released code's run"
        )


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Names the misfit if a model cannot take its input."""
    try:
        yield
    except (RuntimeError, IndexError, ValueError) as error:
        raise VerificationError(
            f"{folder / INPUTS} does not fit the model that {CONFIG} describes ({error})"
        ) from error


def _scores(reference: Reference) -> dict[str, Tensor]:
    """Stage 1's outputs; the model is freed before stage 2 is loaded."""
    model = nn.Module.to(load_official(reference.folder), torch.float32)
    with _named(reference.folder):
        output = model(reference.pixels, *reference.text("text"))
    by_perspective = zip(PERSPECTIVES, output.scores.unbind(dim=1), strict=True)
    return {
        "vision_embeds": output.vision_embeds,
        "query_embeds": output.query_embeds,
        **dict(by_perspective),
    }


def _compare(name: str, found: Tensor, expected: Tensor, tolerance: float) -> Check:
    if found.shape != expected.shape:
        problem = f"is {tuple(found.shape)}, expected {tuple(expected.shape)}"
        return Check(name, float("inf"), tolerance, problem)
    return Check(name, float((found.double() - expected.double()).abs().max()), tolerance)


def _generated_checks(
    explainer: MintIQAExplainer, reference: Reference, queries: Tensor
) -> list[Check]:
    """Greedy answers must be equal; those of beams depend on the library's bookkeeping."""
    checks = []
    for name in sorted(reference.expected, key=_greedy_first):
        if named := _GENERATED.fullmatch(name):
            kind, image = named[1], int(named[2])
            tolerance = 0 if kind == "greedy" else None
            expected = reference.expected[name]
            if expected.ndim != 1 or len(expected) < 2:
                problem = f"expected ids in one row, not {tuple(expected.shape)}"
                checks.append(Check(name, float("inf"), tolerance, problem))
                continue
            found = _generate(explainer, reference, queries, image, _decoding(kind, len(expected)))
            differing = _differing(found, expected.tolist()[1:])
            checks.append(Check(name, differing, tolerance))
    return checks


def _greedy_first(name: str) -> tuple[bool, int]:
    named = _GENERATED.fullmatch(name)
    return (named is not None and named[1] != "greedy", int(named[2]) if named else -1)


def _decoding(kind: str, length: int) -> Decoding:
    """As the reference was made. Its length counts the begin token."""
    if kind == "greedy":
        return Decoding(max_new_tokens=length - 1, num_beams=1, repetition_penalty=1.0)
    return Decoding(max_new_tokens=length - 1, num_beams=5, repetition_penalty=1.5)


def _generate(
    explainer: MintIQAExplainer,
    reference: Reference,
    queries: Tensor,
    image: int,
    decoding: Decoding,
) -> list[int]:
    """The answer for one image alone, without padding, as the reference was made."""
    question, instruction = (
        _alone(reference.text(name), image) for name in ("question", "llm_input")
    )
    one = slice(image, image + 1)
    with _named(reference.folder):
        vision_embeds = explainer.encode_images(reference.pixels[one])
        asked = explainer.encode_questions(vision_embeds, queries[one], question)
        return explainer.generate(asked, instruction, decoding)[0]


def _alone(text: Tokens, row: int) -> Tokens:
    kept = text.mask[row].bool()
    return Tokens(text.ids[row, kept][None], text.mask[row, kept][None])


def _differing(found: Sequence[int], expected: Sequence[int]) -> int:
    same = sum(ours == theirs for ours, theirs in zip(found, expected, strict=False))
    return max(len(found), len(expected)) - same
