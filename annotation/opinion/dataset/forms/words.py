"""Which reasons stand for an image if a form has room for one: whose words they are. Pure.

Of the reasons that were given with scores that count, the one whose score is closest to the image's
mean from that perspective: the rater who judged as most did. Of equals one with a text, then the
first. If no rater gave one, what was published with the image.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ....protocol.answers import Reason
from ....protocol.forms import ExplanationForm
from ..facts import DatasetFacts
from .tables import Tables, rows_of
from .values import means_of

#: In place of a rater's code.
PUBLISHED: Final = "published"
RULE: Final = (
    "The words about an image from a perspective are those of one rater: the one whose score is "
    "closest to the mean; of equals one who wrote a text, then the first. `published`: they came "
    "with the image, and no rater gave any."
)


@dataclass(frozen=True)
class Words:
    """A reason, and whose it is."""

    reason: Reason
    #: A code, or `PUBLISHED`.
    rater: str
    #: Of the text: `zh` or `en`.
    language: str = "en"


#: Image's key → perspective's key → what stands for it.
WordsByImage = dict[int, dict[str, Words]]


def words_of(facts: DatasetFacts, tables: Tables) -> WordsByImage:
    """Of the main images; those and perspectives without any are left out."""
    found: WordsByImage = {}
    for key in tables.keys:
        if of_image := _published(tables.form, tables.metadata.get(key, {}), facts.study.keys):
            found[key] = of_image
    for (key, perspective), words in _given(facts, tables).items():
        found.setdefault(key, {})[perspective] = words
    return found


def _published(
    form: ExplanationForm, metadata: Mapping[str, Any], perspectives: tuple[str, ...]
) -> dict[str, Words]:
    found = {}
    for perspective in perspectives:
        text = metadata.get(f"{perspective}_text_en", "")
        levels = form.levels_of(perspective, metadata)
        if reason := Reason(levels, text if isinstance(text, str) else ""):
            found[perspective] = Words(reason, PUBLISHED)
    return found


def _given(facts: DatasetFacts, tables: Tables) -> dict[tuple[int, str], Words]:
    means = {
        key: dict(zip(tables.keys, means_of(facts, tables, key).scores.tolist(), strict=True))
        for key in facts.study.keys
    }
    best: dict[tuple[int, str], tuple[tuple[float, bool, int], Words]] = {}
    for row in rows_of(tables.explanations.filter(tables.explanations["counts"])):
        image, perspective = row["stimulus"], row["perspective"]
        mean = means[perspective].get(image, math.nan)
        words = _words(row, tables.form)
        if math.isnan(mean) or not words.reason:
            continue
        rank = (abs(row["score"] - mean), not words.reason.text, row["trial"])
        if (image, perspective) not in best or rank < best[image, perspective][0]:
            best[image, perspective] = rank, words
    return {place: words for place, (_rank, words) in best.items()}


def _words(row: Mapping[str, Any], form: ExplanationForm) -> Words:
    levels = form.levels_of(row["perspective"], json.loads(row["phrases"] or "{}"))
    language = "zh" if (row["language"] or "").startswith("zh") else "en"
    return Words(Reason(levels, row["text"] or ""), row["rater"], language)
