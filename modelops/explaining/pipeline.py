"""All of stage 2: from images with their prompts and questions in words to answers in words.

Source: arXiv 2405.07346, section 4; released code, models/MINT_Qformers.py (`generate`).
Reading order of an answer: `ExplanationPipeline.answer` (the whole way) → `tokenization` and
`language_model` (the two tokenizers) → `model` (pixels and tokens to tokens).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from ..predictors.hardware import device_errors, in_halves
from ..predictors.mint.checkpoint import LoadedModel
from ..predictors.mint.processing import ModelInputs
from .checkpoint import Explainer
from .model import GREEDY, Decoding, KeyCache, MintIQAExplainer, Tokens

_NOT_EVEN_ONE = "both stages and one answer at a time; end what else uses it, or use a larger GPU"
#: Share of the free memory that keys and values may take; the rest is for what steps compute.
_KEY_SHARE = 0.6
#: By the kind of device, see decision 054.
_KEYS: dict[str, KeyCache] = {"cpu": "dynamic", "cuda": "static"}


@dataclass(frozen=True)
class ExplanationPipeline:
    """Both stages: stage 2 continues from what stage 1 saw."""

    scores: LoadedModel
    explainer: Explainer

    @torch.inference_mode()
    def answer(
        self,
        inputs: ModelInputs,
        questions: Sequence[str],
        decoding: Decoding = GREEDY,
        keys: KeyCache | None = None,
    ) -> list[list[str]]:
        """For each question, in words and in their order, the answers for the B images in `inputs`,
        in theirs.

        An image is looked at once for all questions, and all answers are written together. A row's
        answer does not depend on the others; if memory does not suffice for all, images are looked
        at, and answers written, in halves, one after the other. `keys`: by the device if not given.
        Raises DeviceError if even one image is too much for the memory, or the GPU is gone.
        """
        if not questions:
            return []
        stage2, images = self.explainer.model, len(inputs.input_ids)
        kept = keys or _KEYS.get(stage2.device.type, "dynamic")
        with device_errors(stage2.device, too_small_for=_NOT_EVEN_ONE):
            # Question by question, so that questions of one length are together in a half.
            looks = in_halves(lambda part: self._look(inputs.rows(part), questions), images)
            seen = torch.cat(looks, dim=1).flatten(0, 1)  # (questions · B, Q, Dq)
            told = _each(Tokens(*self.explainer.language.questions(questions)), images)
            told = told.to(stage2.device)
            ids = [
                row
                for part in _portions(len(seen), self._fitting(told, decoding, images))
                for half in in_halves(
                    partial(_write, stage2, seen[part], told.rows(part), decoding, kept),
                    len(seen[part]),
                )
                for row in half
            ]
        texts = self.explainer.language.decode(ids)
        return [texts[start : start + images] for start in range(0, len(texts), images)]

    def _fitting(self, told: Tokens, decoding: Decoding, least: int) -> int:
        """Answers that are written together: as many as have room for their keys and values, and
        at least one for each image. A processor whose memory is full ends the process instead of
        raising an error."""
        stage2 = self.explainer.model
        places = stage2.config.num_query_tokens + told.ids.shape[1] + decoding.max_new_tokens
        taken = stage2.key_bytes(places) * decoding.num_beams
        return max(least, int(_KEY_SHARE * _free_bytes(stage2.device) / taken))

    def _look(self, inputs: ModelInputs, questions: Sequence[str]) -> Tensor:
        """(questions, B, Q, Dq): what stage 2 sees of each image, by question."""
        stage1, stage2 = self.scores.model, self.explainer.model
        queries = stage1(*inputs.to(stage1.device, stage1.dtype)).query_embeds  # (B, Q, Dq)
        pixels = inputs.pixel_values.to(stage2.device, stage2.dtype)
        vision_embeds = stage2.encode_images(pixels)  # (B, P + 1, Dv)
        found = []
        for question in questions:
            asked = _each(Tokens(*self.explainer.tokenizer([question])), len(pixels))
            asked = asked.to(stage2.device)
            found.append(stage2.encode_questions(vision_embeds, queries, asked))
        return torch.stack(found)


def _write(
    model: MintIQAExplainer,
    seen: Tensor,
    told: Tokens,
    decoding: Decoding,
    keys: KeyCache,
    part: slice,
) -> list[list[int]]:
    return model.generate(seen[part], told.rows(part), decoding, keys)


def _portions(rows: int, size: int) -> list[slice]:
    """Of about the same size."""
    parts = -(-rows // size)
    return [slice(rows * n // parts, rows * (n + 1) // parts) for n in range(parts)]


def _free_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        free, _total = torch.cuda.mem_get_info(device)
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return free + kept
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _each(texts: Tokens, times: int) -> Tokens:
    """Each text so many times, one after the other."""
    return Tokens(texts.ids.repeat_interleave(times, 0), texts.mask.repeat_interleave(times, 0))
