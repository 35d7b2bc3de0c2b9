"""All of stage 2: from images with their prompts and questions in words to answers in words.

Source: arXiv 2405.07346, section 4; released code, models/MINT_Qformers.py (`generate`).
Reading order of an answer: `ExplanationPipeline.answer` (the whole way) → `tokenization` and
`language_model` (the two tokenizers) → `model` (pixels and tokens to tokens).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..predictors.hardware import device_errors, in_halves
from ..predictors.mint.checkpoint import LoadedModel
from ..predictors.mint.processing import ModelInputs
from .checkpoint import Explainer
from .model import GREEDY, Decoding, Tokens

_NOT_EVEN_ONE = "both stages and one answer at a time; end what else uses it, or use a larger GPU"


@dataclass(frozen=True)
class ExplanationPipeline:
    """Both stages: stage 2 continues from what stage 1 saw."""

    scores: LoadedModel
    explainer: Explainer

    @torch.inference_mode()
    def answer(
        self, inputs: ModelInputs, questions: Sequence[str], decoding: Decoding = GREEDY
    ) -> list[list[str]]:
        """For each question, in words and in their order, the answers for the B images in `inputs`,
        in theirs.

        An image is looked at once for all questions. A row's answer does not depend on the others;
        if memory does not suffice for all, they are answered in halves, one after the other.
        Raises DeviceError if even one image is too much for the memory, or the GPU is gone.
        """
        with device_errors(self.explainer.model.device, too_small_for=_NOT_EVEN_ONE):
            parts = in_halves(
                lambda part: self._answer(inputs.rows(part), questions, decoding),
                len(inputs.input_ids),
            )
        return [[text for part in parts for text in part[place]] for place in range(len(questions))]

    def _answer(
        self, inputs: ModelInputs, questions: Sequence[str], decoding: Decoding
    ) -> list[list[str]]:
        stage1, stage2 = self.scores.model, self.explainer.model
        queries = stage1(*inputs.to(stage1.device, stage1.dtype)).query_embeds  # (B, Q, Dq)
        pixels = inputs.pixel_values.to(stage2.device, stage2.dtype)
        vision_embeds = stage2.encode_images(pixels)  # (B, P + 1, Dv)
        found = []
        for question in questions:
            asked = _repeated(Tokens(*self.explainer.tokenizer([question])), len(pixels))
            told = _repeated(self.explainer.language.questions([question]), len(pixels))
            embeds = stage2.encode_questions(vision_embeds, queries, asked.to(stage2.device))
            ids = stage2.generate(embeds, told.to(stage2.device), decoding)
            found.append(self.explainer.language.decode(ids))
        return found


def _repeated(text: Tokens, rows: int) -> Tokens:
    return Tokens(text.ids.expand(rows, -1), text.mask.expand(rows, -1))
