"""How good explanations are: the closed answers they express, their similarity to raters' texts.

The form's answers are closed, so accuracy and macro-F1 of its levels are the honest score; BLEU-4
(Papineni et al., 2002; tokens of WMT's mteval-v13a) and ROUGE-L (Lin, 2004) reward a sentence that
is mostly form. In scripts that write no spaces between words, characters are the tokens of both, as
in sacreBLEU's tokens of Chinese (Post, 2018). See docs/decisions/020.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from annotation.protocol.forms import ExplanationForm
from annotation.protocol.questions import Reasons

#: Field key → level.
Levels = Mapping[str, int]

#: One character of a script without spaces between words, or of East Asian punctuation: Thai to
#: Burmese, Khmer, kana and Han with their extensions, and full-width forms.
_CHARACTER = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff00-\uffef\U0001b000-\U0001b16f\U00020000-\U000323af])"
)


@dataclass(frozen=True)
class PhraseAgreement:
    """Agreement of one field's levels on `n` images; None if there are none.

    accuracy: share of images whose level is the one that people chose. macro_f1: mean F1 over the
    levels that people or model chose. majority: accuracy of always saying the level that is most
    frequent in the images learnt from. unsaid: images whose answer expresses no level of the field.
    """

    n: int
    accuracy: float | None
    macro_f1: float | None
    majority: float | None
    unsaid: int


@dataclass(frozen=True)
class TextAgreement:
    """Similarity of `n` answers to what people wrote, 0…1; None if there are none. `bleu4` is None,
    too, if all that can be compared is shorter than four tokens: too short is not unlike."""

    n: int
    bleu4: float | None
    rouge_l: float | None


@dataclass(frozen=True)
class ExplanationAgreement:
    fields: Mapping[str, PhraseAgreement]
    texts: TextAgreement

    @property
    def accuracy(self) -> float | None:
        return _mean([field.accuracy for field in self.fields.values()])

    @property
    def majority(self) -> float | None:
        return _mean([field.majority for field in self.fields.values()])

    def to_json(self) -> dict[str, Any]:
        return {
            "fields": {key: asdict(field) for key, field in self.fields.items()},
            "texts": asdict(self.texts),
            "accuracy": self.accuracy,
            "majority": self.majority,
        }


def consensus(form: ExplanationForm, given: Sequence[Reasons]) -> dict[str, int]:
    """Field key → the median level of those who chose one, the worse of two in the middle."""
    levels = {}
    for field in form.fields:
        chosen = sorted(
            reasons[field.perspective].phrases[field.key]
            for reasons in given
            if field.perspective in reasons and field.key in reasons[field.perspective].phrases
        )
        if chosen:
            levels[field.key] = chosen[(len(chosen) - 1) // 2]
    return levels


def phrase_agreement(
    key: str, said: Sequence[Levels], chosen: Sequence[Levels], learnt: Sequence[Levels]
) -> PhraseAgreement:
    """One field on the images where people chose a level of it.

    said, chosen: the model's and the people's levels, image by image; learnt: those of the images
    that it was trained on.
    """
    both = zip(said, chosen, strict=True)
    pairs = [(mine.get(key), theirs[key]) for mine, theirs in both if key in theirs]
    if not pairs:
        return PhraseAgreement(0, None, None, None, 0)
    frequent = Counter(levels[key] for levels in learnt if key in levels).most_common()
    # Of equally frequent levels the worst: which one must not depend on the order of the images.
    usual = min((level for level, n in frequent if n == frequent[0][1]), default=None)
    return PhraseAgreement(
        n=len(pairs),
        accuracy=sum(mine == theirs for mine, theirs in pairs) / len(pairs),
        macro_f1=_macro_f1(pairs),
        majority=sum(usual == theirs for _, theirs in pairs) / len(pairs),
        unsaid=sum(mine is None for mine, _ in pairs),
    )


def text_agreement(said: Sequence[str], written: Sequence[Sequence[str]]) -> TextAgreement:
    """Answers compared with the texts of each image's raters, all of them references."""
    rows = [
        (spaced(mine), [spaced(text) for text in theirs])
        for mine, theirs in zip(said, written, strict=True)
        if theirs
    ]
    if not rows:
        return TextAgreement(0, None, None)
    # Importing it takes seconds.
    from torchmetrics.functional.text import rouge_score

    mine, theirs = [row[0] for row in rows], [row[1] for row in rows]
    rouge = rouge_score(
        mine, theirs, accumulate="best", rouge_keys="rougeL", normalizer=_words, tokenizer=str.split
    )
    return TextAgreement(len(rows), _bleu4(mine, theirs), float(rouge["rougeL_fmeasure"]))


def spaced(text: str) -> str:
    """`text` with spaces around each character that is a token by itself."""
    return _CHARACTER.sub(r" \1 ", text)


def _words(text: str) -> str:
    """Without punctuation and case, as ROUGE takes texts."""
    return re.sub(r"[\W_]+", " ", text.lower())


def _bleu4(said: Sequence[str], written: Sequence[Sequence[str]]) -> float | None:
    comparable = (
        _long_enough(mine) and any(map(_long_enough, theirs))
        for mine, theirs in zip(said, written, strict=True)
    )
    return _bleu(said, written) if any(comparable) else None


def _long_enough(text: str) -> bool:
    """Whether it has four tokens: otherwise not even its own copy scores more than 0."""
    return _bleu([text], [[text]]) > 0


def _bleu(said: Sequence[str], written: Sequence[Sequence[str]]) -> float:
    from torchmetrics.functional.text import sacre_bleu_score

    return float(sacre_bleu_score(said, written, n_gram=4, tokenize="13a"))


def _macro_f1(pairs: Sequence[tuple[int | None, int]]) -> float:
    scores = []
    for level in {level for pair in pairs for level in pair if level is not None}:
        hits = sum(mine == theirs == level for mine, theirs in pairs)
        named = sum((mine == level) + (theirs == level) for mine, theirs in pairs)
        scores.append(2 * hits / named)
    return sum(scores) / len(scores)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
