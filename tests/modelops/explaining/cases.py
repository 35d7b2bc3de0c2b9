"""What the explanation model is given in tests, and one row of it at a time."""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from modelops.explaining.checkpoint import load_explainer
from modelops.explaining.model import Decoding, MintIQAExplainer, Tokens
from modelops.explaining.pipeline import ExplanationPipeline
from modelops.predictors.mint.checkpoint import load_model


class Case(NamedTuple):
    """What the explanation model is given for B rows."""

    pixels: Tensor
    score_queries: Tensor
    question: Tokens
    instruction: Tokens
    answer: Tokens


def load_pipeline(folder: Path, dtype: torch.dtype = torch.float32) -> ExplanationPipeline:
    """Both stages of a model's folder."""
    return ExplanationPipeline(load_model(folder, dtype=dtype), load_explainer(folder, dtype=dtype))


def encode(model: MintIQAExplainer, case: Case) -> Tensor:
    with torch.inference_mode():
        vision_embeds = model.encode_images(case.pixels)
        return model.encode_questions(vision_embeds, case.score_queries, case.question)


def alone(text: Tokens, row: int) -> Tokens:
    """One row without its padding."""
    length = int(text.mask[row].sum())
    return Tokens(text.ids[row : row + 1, :length], text.mask[row : row + 1, :length])


def answers_one_by_one(model: MintIQAExplainer, case: Case, decoding: Decoding) -> list[list[int]]:
    found = []
    for row in range(len(case.pixels)):
        one = slice(row, row + 1)
        single = Case(
            case.pixels[one],
            case.score_queries[one],
            *(alone(text, row) for text in (case.question, case.instruction, case.answer)),
        )
        found += model.generate(encode(model, single), single.instruction, decoding)
    return found
